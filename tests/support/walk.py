"""Every kind of thing there is, and a call of any route with the ids of such things."""

import hashlib
import json
import re
from typing import Any

import msgspec

from core.imports.orders import IMPORT_KIND, REPROCESS_KIND
from shared.api import Context, Service
from shared.api.routes import Route
from shared.db import Database, Entry, TenantEntry
from shared.ids import new_id
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.content import store_curriculum, store_domains, store_pack
from shared.repositories.course_imports import CourseImportRepository
from shared.repositories.devices import DeviceFacts, DeviceRepository
from shared.repositories.identities import IdentityRepository
from shared.repositories.import_uploads import ImportUploadRepository
from shared.repositories.job_runs import JobRunRepository
from shared.repositories.jobs import JobRepository
from shared.repositories.lists import ListRepository, NewItem
from shared.repositories.model_servers import ModelServerRepository
from shared.repositories.plugin_settings import PluginSettingsRepository
from shared.repositories.quizzes import QuizAnswer, QuizRepository
from shared.repositories.speech_items import NewItem as NewText
from shared.repositories.speech_items import SpeechItemRepository
from shared.repositories.speech_orders import NewOrder, Purpose, SpeechOrderRepository
from shared.repositories.tenant_export import KIND
from shared.repositories.voice_profiles import NewProfile, VoiceProfileRepository
from tests.support.api import Answer, ApiClient
from tests.support.identity import add_auth_session
from tests.support.imports import imports_store
from tests.support.packs import a_pack, a_question
from tests.support.people import add_person
from tests.support.services import all_routes, operation
from tests.support.umcf import PICTURE, a_document, a_topic

MARK = "Zanzibar"  # in every text of the tenant that has everything, and nowhere else
# What that tenant has by name, and things of the same form that nobody has.
THEIRS = {
    "pack_id": "alpha-pack",
    "question_id": "alpha-question",
    "curriculum_id": "alpha-light",
    "topic_id": "alpha-topic",
    "mode_id": "balanced",
    "file_name": "alpha.svg",
    "asset_id": "alpha-asset",
    "archived_name": "alpha-old.umcf",
    "segment": "question",
    "module_id": "knowledge-bowl",
    "word": "correct",
    "text": "alpha words",
    "client_id": "alpha-client",
    "verb": "stop",
    "vendor": "deepgram",
    "catalog_id": "upload",
    "plugin_id": "samples",
    "model_id": "openai:gpt-5-mini",
}
NOBODYS = {name: value.replace("alpha", "other") for name, value in THEIRS.items()} | {
    **{
        name: new_id()
        for name in ("session_id", "quiz_id", "device_id", "auth_session_id", "identity_id", "job_id", "export_id")
    },
    **{
        name: new_id()
        for name in ("server_id", "service_id", "list_id", "item_id", "deployment_id", "profile_id", "id")
    },
    **{name: new_id() for name in ("import_id", "reprocess_id", "upload_id", "course_id")},
    **{name: new_id() for name in ("pregen_id", "module_job_id", "comparison_id", "variant_id")},
    "hash": "0" * 64,
}
# What a request needs in its body beside ids; {name} stands for the id of that kind.
BODIES: dict[str, dict[str, object]] = {
    "POST /api/sessions": {"curriculum_id": "{curriculum_id}", "topic_id": "{topic_id}"},
    "PUT /api/sessions/{session_id}/topic": {"topic_id": "{topic_id}"},
    "PUT /api/sessions/{session_id}/position": {"position": 1},
    "PUT /api/sessions/{session_id}/segment": {"segment_id": "s"},
    "POST /api/sessions/{session_id}/signals": {"type": "confusion"},
    "POST /api/sessions/{session_id}/analyze-response": {"response": "I do not know."},
    "POST /api/sessions/{session_id}/turns": {"role": "user", "content": "Hello?"},
    "POST /api/curricula": a_document("alpha-light"),
    "POST /api/curricula/import": a_document("alpha-light"),
    "PUT /api/curricula/{curriculum_id}": {"title": "Stolen"},
    "PATCH /api/curricula/{curriculum_id}": {"title": "Stolen"},
    "POST /api/curricula/{curriculum_id}/topics/{topic_id}/assets": {"filename": "a.png", "mime_type": "image/png"},
    "PATCH /api/curricula/{curriculum_id}/topics/{topic_id}/assets/{asset_id}": {"alt": "Stolen"},
    "POST /api/import/uploads": a_document("alpha-light"),
    "POST /api/import/jobs": {"sourceId": "upload", "courseId": "{upload_id}"},
    "POST /api/plugins/initialize": {"enabled_plugins": ["samples"]},
    "POST /api/reprocess/jobs": {"curriculumId": "{curriculum_id}"},
    "POST /api/lists": {"name": "Stolen"},
    "PUT /api/lists/{list_id}": {"name": "Stolen"},
    "PATCH /api/lists/{list_id}": {"name": "Stolen"},
    "POST /api/lists/{list_id}/items": {"items": [{"sourceId": "s", "courseId": "c", "courseTitle": "Stolen"}]},
    "POST /api/curricula/suggest": {"query": MARK},
    "POST /api/deployments": {"curriculum_id": "{curriculum_id}"},
    "POST /api/metrics": {"session_id": "{session_id}", "session_duration": 1, "turns_total": 1, "client_id": "c"},
    "POST /api/media/diagrams/validate": {"format": "svg-raw", "source": "<svg/>"},
    "POST /api/media/diagrams/render": {"format": "svg-raw", "source": '<svg xmlns="http://www.w3.org/2000/svg"/>'},
    "POST /api/media/formulas/validate": {"latex": "x"},
    "POST /api/media/formulas/render": {"latex": "x"},
    "POST /api/media/maps/render": {"center": {"lat": 0, "lng": 0}},
    "POST /api/tts": {"text": "Hello", "skip_cache": True},
    "POST /api/tts/cache/evict": {"bytes_to_free": 1},
    "POST /api/tts/profiles": {"name": "Mine", "provider": "auto", "voice_id": "nova"},
    "POST /api/tts/profiles/import": {"name": "Mine", "provider": "auto", "voice_id": "nova"},
    "POST /api/tts/profiles/{profile_id}/duplicate": {"name": "Mine"},
    "POST /api/tts/modules/{module_id}/profiles": {"profile_id": "{profile_id}"},
    "POST /api/kb/packs": {"name": "Stolen", "question_ids": ["{question_id}"]},
    "POST /api/kb/packs/{pack_id}/questions": {"question_ids": ["{question_id}"]},
    "POST /api/kb/packs/bundle": {"name": "Stolen", "source_pack_ids": ["{pack_id}"]},
    "POST /api/kb/packs/preview-dedup": {"source_pack_ids": ["{pack_id}"]},
    "POST /api/kb/questions": {
        "domain_id": "science",
        "question_text": "?",
        "answer_text": "!",
        "pack_ids": ["{pack_id}"],
    },
    "POST /api/kb/questions/bulk-update": {"question_ids": ["{question_id}"], "updates": {"difficulty": 1}},
    "POST /api/kb/answers/judge": {"question_id": "{question_id}", "answer": "x"},
    "POST /api/kb/domains": {"name": "Stolen"},
    "POST /api/kb/categories": {"domain_id": "science", "name": "Stolen"},
    "POST /api/kb/audio/batch": {"question_ids": ["{question_id}"]},
    "POST /api/kb/prefetch": {"module_id": "{module_id}"},
    "POST /api/tts/pregen/jobs": {"name": "Mine", "source_type": "curriculum", "source_id": "{curriculum_id}"},
    "POST /api/tts/pregen/extract": {"source_type": "curriculum", "source_id": "{curriculum_id}"},
    "POST /api/tts/pregen/sessions": {
        "name": "Mine",
        "samples": [{"text": "Hello"}],
        "configurations": [{"name": "a"}, {"name": "b"}],
    },
    "POST /api/tts/pregen/variants/{variant_id}/rate": {"rating": 1},
    "POST /api/tts/profiles/from-variant/{variant_id}": {"name": "Mine"},
    "POST /api/tts-cache/prefetch": {"curriculumId": "{curriculum_id}", "topicIds": ["{topic_id}"]},
    "POST /api/logs": {"level": "INFO", "message": "Hello"},
    "POST /log": {"level": "INFO", "message": "Hello"},
    "POST /api/servers": {"name": "mill", "type": "llm", "url": "http://mill:11434"},
    "POST /api/system/idle/force-state": {"state": "warm"},
    "POST /api/system/profiles": {"name": "x", "thresholds": {"warm": 1, "cool": 2, "cold": 3, "dormant": 4}},
    "POST /api/metrics/ingest": {"metrics": [{"name": "latency", "value": 1}], "clientId": "c"},
}


def give_everything(context: Context, owner: TenantEntry, token: str | None) -> dict[str, str]:
    """Give a tenant one of each thing, and return the ids by the names of the path parameters they fit."""
    store_content(context.database, owner)
    ids = THEIRS | sign_in(context.database, owner) | {"session_id": hold_session(context, token)}
    ids |= {"quiz_id": play_quiz(context.database, owner, ids["session_id"])}
    ids |= make_a_list(context.database, owner)
    ids |= {"server_id": write_down_a_server(context.database, owner), "service_id": new_id()}
    ids["export_id"] = order_an_export(context.database, owner)
    ids["id"] = order_a_job(context.database, owner)
    ids |= order_speech(context.database, owner)
    ids["profile_id"] = name_a_voice(context.database, owner)
    ids |= import_a_course(context.database, owner)
    return ids | have_spoken(context, owner, token)


def sign_in(database: Database, owner: TenantEntry) -> dict[str, str]:
    """Sign a tenant's learner in on a device."""
    device = new_id()
    with database.unit(owner) as unit:
        DeviceRepository(unit).seen(device, DeviceFacts(fingerprint=MARK, name=MARK, type="ios"))
    identity = new_id()
    with database.unit(owner) as unit:
        IdentityRepository(unit).link(identity, "google", MARK, f"{MARK}@gmail.com", by_address=False)
    return {"device_id": device, "auth_session_id": add_auth_session(database, owner), "identity_id": identity}


def store_content(database: Database, owner: Entry) -> None:
    """Give a tenant content of its own."""
    science = {
        "id": "science",
        "name": f"Science of {MARK}",
        "icon_name": "atom",
        "weight": 0.2,
        "subcategories": [MARK],
    }
    question = a_question("alpha-question", question_text=f"Where is {MARK}?", answer_text=MARK)
    segment = {"id": "s", "type": "lecture", "content": f"{MARK} lies in the ocean."}
    asset = {"id": "alpha-asset", "type": "diagram", "alt": MARK, "localPath": "assets/alpha.svg"}
    topic = a_topic(
        "alpha-topic",
        title=f"Ways to {MARK}",
        transcript={"segments": [segment]},
        media={"embedded": [asset]},
        learningObjectives=[{"statement": MARK}],
    )
    with database.unit(owner) as unit:
        store_domains(unit, [science])
        store_pack(unit, a_pack("alpha-pack", question, name=MARK))
        light = a_document("alpha-light", topic, title=f"Light of {MARK}", metadata={"subject": MARK})
        store_curriculum(unit, light, {"alpha.svg": PICTURE})
        store_curriculum(unit, a_document("alpha-old", title=f"Old {MARK}"), {})
        AuthoredCurriculumRepository(unit, trusted=True).archive("alpha-old")


def play_quiz(database: Database, owner: TenantEntry, session_id: str) -> str:
    """Let a tenant's learner answer a question, and return the quiz's id."""
    quiz_id = new_id()
    answer = QuizAnswer(0, "alpha-question", 0, MARK, True, "exact", MARK, 10, 1.0, 900, 5_000)
    with database.unit(owner) as unit:
        quizzes = QuizRepository(unit)
        quizzes.open(quiz_id, session_id=session_id, pack_id="alpha-pack", strictness="lenient")
        quizzes.keep(quiz_id, answer, answered=1, correct=1, score=10)
    return quiz_id


def hold_session(context: Context, token: str | None) -> str:
    """Let a learner talk and their phone report on it, and return the session's id."""
    services = all_routes()
    sessions = ApiClient(Service(services["sessions"], context), token)
    made = sessions.post("/api/sessions", {"curriculum_id": "alpha-light", "topic_id": "alpha-topic"})
    assert made.status == 201, made.body
    session_id: str = made.body["id"]
    sessions.post(f"/api/sessions/{session_id}/start")
    said = sessions.post(f"/api/sessions/{session_id}/turns", {"role": "user", "content": f"Where is {MARK}?"})
    assert said.status in {200, 201}, said.body
    sessions.post(f"/api/sessions/{session_id}/barge-in", {"utterance": MARK})
    metrics = ApiClient(Service(services["metrics"], context), token)
    report = {
        "session_id": session_id,
        "session_duration": 1,
        "turns_total": 1,
        "client_id": THEIRS["client_id"],
        "client_name": MARK,
    }
    assert metrics.post("/api/metrics", report).status == 200
    assert metrics.post("/api/metrics/ingest", {"metrics": [{"name": MARK}], "clientId": MARK}).status == 200
    assert metrics.post("/api/logs", {"level": "INFO", "message": MARK}).status == 200
    return session_id


def make_a_list(database: Database, owner: Entry) -> dict[str, str]:
    """Have a learner put a course on a list of their own, and return the ids of both."""
    with database.unit(owner) as unit:
        list_id = ListRepository(unit).add(name=MARK, description=MARK, is_shared=False)
        added = ListRepository(unit).add_items(list_id, [NewItem(MARK, MARK, MARK, None, MARK)])
    return {"list_id": list_id, "item_id": added.result[0].id}


def write_down_a_server(database: Database, owner: TenantEntry) -> str:
    """Have a teacher of the tenant write a model server down, and return its id."""
    server_id = new_id()
    with database.unit(add_person(database, owner.tenant_id or "", "teacher")) as unit:
        ModelServerRepository(unit).add(
            server_id, name=MARK, type_="llm", url="http://alpha:11434", port=11434, models=[MARK]
        )
    return server_id


def sentence_of(owner: TenantEntry) -> str:
    """Return a text of a tenant's own: clips of the same words have the same hash in every tenant."""
    return f"Say {MARK} {owner.tenant_id}!"


def have_spoken(context: Context, owner: TenantEntry, token: str | None) -> dict[str, str]:
    """Have a sentence, a question and a topic spoken, and return the ids of the clip and of the topic's job."""
    speech = ApiClient(Service(all_routes()["speech"], context), token)
    said = speech.post("/api/tts", {"text": sentence_of(owner), "return_url": True})
    assert said.status == 200, said.body
    for path in ("/api/kb/feedback/correct", "/api/kb/audio/alpha-question/question"):
        assert speech.get(path).status == 200
    job = speech.post("/api/tts/prefetch/topic", {"curriculum_id": "alpha-light", "topic_id": "alpha-topic"})
    assert job.status == 200, job.body
    return {"hash": said.body["hash"], "job_id": job.body["job_id"]}


def name_a_voice(database: Database, owner: TenantEntry) -> str:
    """Have a teacher of the tenant name a voice and give it to a module, and return the profile's id."""
    profile_id = new_id()
    new = NewProfile(name=MARK, provider="auto", voice_id="nova", settings={}, sample_text=MARK)
    with database.unit(add_person(database, owner.tenant_id or "", "teacher")) as unit:
        VoiceProfileRepository(unit).add(profile_id, new)
        VoiceProfileRepository(unit).give(THEIRS["module_id"], profile_id, context="", priority=1)
    return profile_id


def order_a_job(database: Database, owner: TenantEntry) -> str:
    """Have a job ordered by a learner and begun, and return its id."""
    job_id, run_id = new_id(), new_id()
    with database.unit(owner) as unit:
        JobRepository(unit).add(job_id, "nothing", {"about": MARK})
    with database.unit(owner) as unit:
        runs = JobRunRepository(unit)
        runs.begin(job_id, run_id, lease_s=600, most=8)
        runs.say(job_id, run_id, MARK, {})
    return job_id


def order_speech(database: Database, owner: TenantEntry) -> dict[str, str]:
    """Have a teacher of the tenant order speech of every kind, and return the ids of the orders and of a text."""
    kinds: dict[str, Purpose] = {
        "deployment_id": "deployment",
        "pregen_id": "batch",
        "module_job_id": "module",
        "comparison_id": "comparison",
    }
    ids = {name: new_id() for name in kinds}
    teacher = add_person(database, owner.tenant_id or "", "teacher")
    text = NewText(owner.tenant_id or "", sentence_of(owner), MARK, "", 1.0, "en-US", MARK)
    with database.unit(teacher) as unit:
        for name, purpose in kinds.items():
            source = "curriculum" if purpose == "deployment" else "custom"
            SpeechOrderRepository(unit).add(
                ids[name], NewOrder(purpose=purpose, name=MARK, source_type=source, source_id="alpha-light")
            )
            SpeechItemRepository(unit).replace(ids[name], [text])
        variants = SpeechItemRepository(unit).find(ids["comparison_id"], limit=1)
    return ids | {"variant_id": variants.result[0].id}


def order_an_export(database: Database, owner: TenantEntry) -> str:
    """Have the tenant's data copied, and return the export's id."""
    export_id = new_id()
    with database.unit(owner) as unit:
        JobRepository(unit).add(export_id, KIND, {})
    return export_id


def import_a_course(database: Database, owner: TenantEntry) -> dict[str, str]:
    """Bring a file, import it and set a source for a tenant, and return the ids of the file and the jobs."""
    upload_id, import_id, reprocess_id = new_id(), new_id(), new_id()
    key = f"tenants/{owner.tenant_id}/uploads/{upload_id}"
    imports_store().put(key, f"# {MARK}".encode())
    digest = hashlib.sha256(f"# {MARK}".encode()).hexdigest()
    with database.unit(owner) as unit:
        ImportUploadRepository(unit).add(
            upload_id, name=MARK, title=MARK, size=1, revision=digest, license_name="", topics=1, object_key=key
        )
        PluginSettingsRepository(unit).change("web", known=["samples", "upload", "web"], settings={"addresses": []})
        payload = {"source_id": "upload", "course_id": upload_id, "course_title": MARK}
        JobRepository(unit).add(import_id, IMPORT_KIND, payload)
        JobRepository(unit).add(reprocess_id, REPROCESS_KIND, {"curriculum_id": f"alpha-{MARK}"})
        CourseImportRepository(unit).stage(import_id, 0, "one", {"title": MARK})
        CourseImportRepository(unit).imported(
            import_id, source_id="upload", course_id=upload_id, curriculum_id="alpha-light", revision=digest
        )
    return {"upload_id": upload_id, "course_id": upload_id, "import_id": import_id, "reprocess_id": reprocess_id}


def fill(template: object, ids: dict[str, str]) -> Any:
    """Return a path or body with the ids in their places."""
    text = json.dumps(template)
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    return json.loads(text)


def call(client: ApiClient, route: Route, ids: dict[str, str]) -> Answer:
    """Call a route with ids in its path, and wherever its query and body have a field of that name.

    Raises: AssertionError: the path has a parameter there is no id for.
    """
    path = fill(route.path, ids)
    unfilled = re.findall(r"\{(\w+)\+?\}", path)
    assert not unfilled, f"{operation(route)}: say in THEIRS and NOBODYS which {unfilled} to walk with"
    query = {field: ids[field] for field in _fields(route.query_model) if field in ids}
    body = None
    if route.body_model is not None or route.accepts:
        named = {field: f"{{{field}}}" for field in _fields(route.body_model) if field in ids}
        body = fill({**named, **BODIES.get(operation(route), {})}, ids)
    return client.call(route.method, path, query=query, json=body)


def _fields(model: Any) -> list[str]:
    if not (isinstance(model, type) and issubclass(model, msgspec.Struct)):
        return []
    return [field.encode_name for field in msgspec.structs.fields(model)]
