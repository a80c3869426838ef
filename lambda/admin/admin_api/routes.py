"""Every operation of the admin service."""

from admin_api import exports, features, jobs, money, oversight, removals, session, tenants, tokens, users
from shared.api import Routes

routes = Routes("admin")
for part in (session, users, tenants, removals, exports, tokens, money, features, jobs, oversight):
    routes.include(part.routes)
