"""The operations the clients' contract lists for the learning services, section by section, copied by hand.

Each line is a method and a path with ids as its tables write them. What core makes of speech and imports has tables of
its own and is not repeated here; accounts neither.
"""

from typing import Final

_TABLES: Final = """
2.1 packs
GET /api/kb/packs
POST /api/kb/packs
GET /api/kb/packs/{id}
PATCH /api/kb/packs/{id}
PUT /api/kb/packs/{id}
DELETE /api/kb/packs/{id}
GET /api/kb/packs/{id}/questions
POST /api/kb/packs/{id}/questions
DELETE /api/kb/packs/{id}/questions/{qid}
POST /api/kb/packs/bundle
POST /api/kb/packs/preview-dedup
POST /api/kb/packs/{id}/duplicate
2.2 questions
GET /api/kb/questions
POST /api/kb/questions
GET /api/kb/questions/{id}
PATCH /api/kb/questions/{id}
PUT /api/kb/questions/{id}
DELETE /api/kb/questions/{id}
POST /api/kb/questions/bulk-update
2.3 domains, import, database
GET /api/kb/domains
POST /api/kb/domains
POST /api/kb/categories
POST /api/kb/import-from-module
GET /api/kb/database-status
POST /api/kb/sync-to-database
2.4 audio
GET /api/kb/audio/{qid}/question
POST /api/kb/audio/batch
POST /api/kb/prefetch
GET /api/kb/prefetch/{job}
GET /api/kb/manifest/{module}
GET /api/kb/coverage/{module}
GET /api/kb/feedback/correct
2.5 modules
GET /api/modules
GET /api/modules/{id}
POST /api/modules/{id}/download
PATCH /api/modules/{id}/settings
3 curricula
GET /api/curricula
POST /api/curricula
GET /api/curricula/{id}
PUT /api/curricula/{id}
DELETE /api/curricula/{id}
GET /api/curricula/{id}/full
GET /api/curricula/{id}/full-with-assets
GET /api/curricula/{id}/topics/{t}/transcript
GET /api/curricula/{id}/topics/{t}/stream-audio
POST /api/curricula/import
POST /api/curricula/{id}/archive
GET /api/curricula/archived
POST /api/curricula/archived/{file}/unarchive
DELETE /api/curricula/archived/{file}
POST /api/curricula/reload
POST /api/curricula/suggest
POST /api/curricula/{id}/preload-assets
GET /api/curricula/{id}/topics/{t}/assets
POST /api/curricula/{id}/topics/{t}/assets
GET /api/curricula/{id}/topics/{t}/assets/{a}
PATCH /api/curricula/{id}/topics/{t}/assets/{a}
DELETE /api/curricula/{id}/topics/{t}/assets/{a}
GET /api/curricula/subjects
GET /api/curricula/topics
GET /api/curricula/progress
4 sessions
POST /api/sessions
GET /api/sessions
GET /api/sessions/{id}
DELETE /api/sessions/{id}
POST /api/sessions/{id}/start
POST /api/sessions/{id}/pause
POST /api/sessions/{id}/resume
POST /api/sessions/{id}/end
PUT /api/sessions/{id}/topic
PUT /api/sessions/{id}/position
PUT /api/sessions/{id}/segment
POST /api/sessions/{id}/turns
POST /api/sessions/{id}/barge-in
GET /api/sessions/{id}/context
POST /api/sessions/{id}/context/build
GET /api/sessions/{id}/messages
POST /api/sessions/{id}/signals
POST /api/sessions/{id}/analyze-response
GET /api/sessions/{id}/events
GET /api/sessions/{id}/debug
GET /api/fov/health
GET /api/sessions/history
5.1 metrics, and the hosting plan's
POST /api/metrics
GET /api/metrics
POST /api/metrics/ingest
GET /api/metrics/summary
GET /api/metrics/sessions
GET /api/metrics/clients/{id}
GET /api/metrics/system
GET /api/metrics/users
GET /api/metrics/latency
GET /api/metrics/usage
5.2 stats
GET /api/stats
5.3 system
GET /api/system/metrics
GET /api/system/snapshot
GET /api/system/idle/status
GET /api/system/idle/modes
GET /api/system/idle/history
POST /api/system/idle/config
POST /api/system/idle/keep-awake
POST /api/system/idle/cancel-keep-awake
POST /api/system/idle/force-state
POST /api/system/unload-models
POST /api/system/profiles
GET /api/system/profiles/{id}
PUT /api/system/profiles/{id}
DELETE /api/system/profiles/{id}
POST /api/system/profiles/{id}/duplicate
GET /api/system/history/hourly
GET /api/system/history/daily
GET /api/system/history/summary
GET /api/system/power/history
GET /api/system/processes/history
GET /api/system/diagnostic
POST /api/system/diagnostic
POST /api/system/diagnostic/toggle
5.4 logs, clients, servers, models, services
POST /api/logs
POST /log
GET /api/logs
DELETE /api/logs
GET /api/clients
POST /api/clients/heartbeat
GET /api/servers
POST /api/servers
DELETE /api/servers/{id}
GET /api/models
GET /api/models/config
POST /api/models/config
GET /api/models/{id}/parameters
POST /api/models/{id}/parameters
POST /api/models/{id}/load
POST /api/models/{id}/unload
POST /api/models/pull
DELETE /api/models/{id}
GET /api/models/capabilities
GET /api/services
POST /api/services/{id}/start
POST /api/services/{id}/stop
POST /api/services/{id}/restart
POST /api/services/start-all
POST /api/services/stop-all
8 deployments, lists, media, providers
POST /api/deployments
GET /api/deployments
GET /api/deployments/{id}
POST /api/deployments/{id}/start
DELETE /api/deployments/{id}
GET /api/deployments/{id}/cache
GET /api/lists
POST /api/lists
GET /api/lists/{id}
PUT /api/lists/{id}
DELETE /api/lists/{id}
POST /api/lists/{id}/items
DELETE /api/lists/{id}/items/{item}
GET /api/lists/memberships
GET /api/media/capabilities
POST /api/media/diagrams/validate
POST /api/media/diagrams/render
POST /api/media/formulas/validate
POST /api/media/formulas/render
GET /api/media/maps/styles
POST /api/media/maps/render
POST /api/providers/deepgram/key
POST /api/providers/elevenlabs/key
GET /api/providers/elevenlabs/voices
"""

# By method and path, as "GET /api/kb/packs".
OPERATIONS: Final = [line for line in _TABLES.splitlines() if line[:1].isupper()]
PUBLIC: Final = ("/health", "/api/health", "/", "/api", "/api/openapi.json", "/api/reference")
# What the tables have and this API leaves out. A module is the shared system packs, seen as one: operators make and
# remove those, so there is nothing else to add or delete; no client tries.
LEFT_OUT: Final = ("POST /api/modules", "DELETE /api/modules/{id}")
