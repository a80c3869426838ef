"""Where Deepgram is: the vendor's own hosts, or one server that plays them all."""

import httpx
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment


def deepgram_client(api_key: str, base_url: str | None, http: httpx.AsyncClient) -> AsyncDeepgramClient:
    """Return a client of `base_url`, or of Deepgram where that is None.

    Args:
        base_url: such as `http://127.0.0.1:9000`; sockets are opened at the same place with `ws`.
        http: for the requests; whoever made it closes it.
    """
    place = DeepgramClientEnvironment.PRODUCTION
    if base_url is not None:
        socket_url = "ws" + base_url.removeprefix("http")
        place = DeepgramClientEnvironment(base=base_url, production=socket_url, agent=socket_url, agent_rest=base_url)
    return AsyncDeepgramClient(api_key=api_key, environment=place, httpx_client=http, max_retries=0)
