"""Every operation of the admin service."""

from admin_api import features, money, oversight, removals, session, tenants, tokens, users
from shared.api import Routes

routes = Routes("admin")
for part in (session, users, tenants, removals, tokens, money, features, oversight):
    routes.include(part.routes)
