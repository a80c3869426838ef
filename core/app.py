"""The voice service put together.

Its parts are made in `core.components`, operations are mounted in `core.services`, what is done besides is named in
`core.chores`, and the sockets come from `core.assembly`.
"""

from aiohttp import web

from core.admission import Admission
from core.assembly import LIFECYCLE, Parts, assemble
from core.chores import besides
from core.components import build_components
from core.realtime.store import StoredRealtime
from core.services import mount_services
from core.settings import Settings
from core.ws.arrival import arrival
from core.ws.news import CHANNEL
from shared.db import Listener


def build_app(settings: Settings) -> web.Application:
    """Return the voice service with `/ws`, `/ws/audio` and speech over HTTP; others may add their own routes beside.

    Nothing connects before the application starts. Its shutdown drains the sessions.
    Raises: InvalidInput: a setting names an unknown provider, or one that lacks its key.
    """
    parts = build_components(settings)
    door = Admission(parts.database, settings.shared, parts.context.authenticator)
    app = assemble(
        Parts(
            equipment=parts.equipment,
            authenticate=door.authenticate,
            admit=door.admit,
            redeem=door.redeem,
            confirm=door.greet,
            release=parts.database.close,
            updates=parts.updates,
            realtime=StoredRealtime(parts.database, settings.shared),
            metrics=parts.metrics,
            beside=besides(parts, door.confirm),
            listen=Listener(settings.shared.database_url, CHANNEL).run,
            settings_changed=parts.follower.changed,
        )
    )
    app.middlewares.append(parts.requests.middleware)
    app.middlewares.append(arrival(settings.shared.origin_lock))
    mount_services(app, parts)
    live = app[LIFECYCLE].live
    parts.news.sessions, parts.news.live = live.sessions_of, lambda: len(live)
    return app
