"""A Realtime store in memory, beside conversations in memory."""

from core.pipeline.conversations import Visit
from core.realtime.port import Admitted
from shared.auth.caller import Caller
from shared.errors import Unauthenticated
from tests.fakes.conversations import MemoryConversations, MemorySession


class MemoryRealtime:
    """Secrets by their text, and sessions made in order; `corrections` holds what answers turned out to be."""

    def __init__(self, conversations: MemoryConversations, *ids: str) -> None:
        self._conversations = conversations
        self._ids = list(ids)
        self.secrets: dict[str, Admitted] = {}
        self.corrections: list[tuple[str, str]] = []

    async def admit(self, secret: str, address: str) -> Admitted:
        del address
        if secret not in self.secrets:
            raise Unauthenticated("the client secret is unknown, or has expired")
        return self.secrets[secret]

    async def make(self, caller: Caller) -> str:
        session_id = self._ids.pop(0)
        self._conversations.sessions[session_id] = MemorySession(caller.tenant_id or "")
        return session_id

    async def correct(self, visit: Visit, turn_id: str, text: str) -> None:
        assert visit.session_id in self._conversations.sessions
        self.corrections.append((turn_id, text))
