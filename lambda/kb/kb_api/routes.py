"""Knowledge bowl over HTTP."""

from kb_api import (
    answer_routes,
    bundle_routes,
    domain_routes,
    module_routes,
    pack_routes,
    question_routes,
    quiz_routes,
    transfer_routes,
)
from shared.api import Routes

routes = Routes("kb", success_flag=True)
for part in (
    answer_routes,
    pack_routes,
    bundle_routes,
    question_routes,
    domain_routes,
    module_routes,
    quiz_routes,
    transfer_routes,
):
    routes.include(part.routes)
