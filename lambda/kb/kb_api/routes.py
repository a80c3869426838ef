"""Knowledge bowl over HTTP: which file answers what."""

from shared.api import Routes

routes = Routes("kb", success_flag=True)
routes.part("kb_api.pack_routes", "/api/kb/packs")
routes.part("kb_api.bundle_routes", "/api/kb/packs/bundle", "/api/kb/packs/preview-dedup")
routes.part("kb_api.transfer_routes", "/api/kb/packs/import", "/api/kb/packs/{pack_id}/export")
routes.part("kb_api.question_routes", "/api/kb/questions")
routes.part("kb_api.answer_routes", "/api/kb/answers")
routes.part("kb_api.quiz_routes", "/api/kb/quizzes")
routes.part("kb_api.domain_routes", "/api/kb/domains", "/api/kb/categories", "/api/kb/database-status")
routes.part("kb_api.module_routes", "/api/modules", "/api/kb/import-from-module", "/api/kb/sync-to-database")
