"""What the replies of one session share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from msgspec import structs

from core.observability.record import TurnRecord
from core.pipeline.client import Client
from core.pipeline.conversations import Conversation, Turn, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Problem
from core.pipeline.tutoring import Tutoring
from core.providers import Providers
from core.providers.tts.port import TextToSpeech, Voice
from core.voice.events import Event
from shared.domain.prompt import phrases
from shared.errors import AppError, Forbidden, NotFound, Unauthenticated

# What is kept in memory; the model is reminded of less.
LONGEST_HISTORY: Final = 40


@dataclass(slots=True)
class Talk:
    """A session's state beside whose turn it is.

    Attributes:
        providers: the vendors as this session pays for them.
        tts: who speaks: the cache, and behind it the session's synthesiser.
        rate: samples a second of what the client is sent.
        device_speech: the client speaks the tutor's sentences itself.
        history: what was said, oldest first.
        phrases: what the learner is likely to say.
        tutoring: what the tutor keeps in view.
        happened: tells the session's turn-taking of a reply's progress.
    """

    visit: Visit
    conversation: Conversation
    client: Client
    equipment: Equipment
    providers: Providers
    tts: TextToSpeech
    rate: int
    happened: Callable[[object, Event], None]
    voice: Voice = field(default_factory=Voice)
    device_speech: bool = False
    history: list[Turn] = field(default_factory=list[Turn])
    phrases: tuple[str, ...] = ()
    tutoring: Tutoring = field(init=False)

    def __post_init__(self) -> None:
        equipment = self.equipment
        self.tutoring = Tutoring(equipment.conversations, self.visit, equipment.settings.model_window)

    def enter(self, conversation: Conversation) -> None:
        """Take over what the store says of the session."""
        self.conversation = conversation
        self.history = list(conversation.history)
        self.phrases = phrases(conversation.lesson)
        self.tutoring.enter(conversation)

    def remember(self, turn: Turn) -> None:
        """Add what was said, bounded; an answer that went on takes the place of its beginning."""
        said = (turn.turn_id, turn.role)
        self.history[:] = [each for each in self.history if (each.turn_id, each.role) != said]
        self.history.append(turn)
        self.tutoring.learn(turn)
        del self.history[:-LONGEST_HISTORY]

    def report(self, record: TurnRecord, problem: Problem | None) -> None:
        """Tell whoever observes of a turn that is over."""
        caller = self.visit.caller
        self.equipment.observe(
            structs.replace(
                record,
                session_id=self.visit.session_id,
                tenant_id=caller.tenant_id or "",
                problem="" if problem is None else problem.code,
            )
        )


def ends_session(error: AppError) -> bool:
    """Tell whether nothing more can be done for this caller in this session."""
    return isinstance(error, Unauthenticated | Forbidden | NotFound) or error.error_code == "session_ended"
