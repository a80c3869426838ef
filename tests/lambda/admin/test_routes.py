"""What administrators may see and do, and the trace each of it leaves."""

import csv
import io
from typing import Any

import psycopg
import pytest
from admin_api.routes import routes
from auth_api.routes import routes as auth_routes

from shared.api import Context, Service
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT, ALPHA_USER, BETA_TENANT, BETA_USER
from tests.support.api import Answer, ApiClient

PASSWORD = "violet-harbour-97"
IN_ALPHA = f"/api/admin/tenants/{ALPHA_TENANT}"
IN_BETA = f"/api/admin/tenants/{BETA_TENANT}"


def ok(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.body
    return answer.body


def new_user(client: ApiClient, **more: object) -> Answer:
    body = {"email": "new@school.example", "password": PASSWORD, "display_name": "New One", "role": "user", **more}
    return client.post("/api/admin/users", body)


def trail(client: ApiClient, **query: str) -> list[dict[str, Any]]:
    return ok(client.get("/api/admin/audit", query=query))["entries"]


def test_the_console_lists_makes_and_deletes_users(root: ApiClient, context: Context) -> None:
    made = ok(new_user(root), 201)
    assert made["status"] == "created"
    user = made["user"]
    assert {k: user[k] for k in ("email", "display_name", "role", "status")} == {
        "email": "new@school.example",
        "display_name": "New One",
        "role": "owner",
        "status": "active",
    }
    listed = ok(root.get("/api/admin/users"))
    assert listed["count"] == 3
    assert listed["users"][0] == user
    auth = ApiClient(Service(auth_routes, context))
    credentials = {"email": "new@school.example", "password": PASSWORD}
    assert auth.post("/api/auth/login", credentials).status == 200
    duplicate = new_user(root)
    assert (duplicate.status, duplicate.body["code"]) == (409, "email_exists")
    gone = ok(root.delete(f"/api/admin/users/{user['id']}"))
    assert gone == {"status": "deleted", "user_id": user["id"]}
    assert root.delete(f"/api/admin/users/{user['id']}").status == 404
    assert auth.post("/api/auth/login", credentials).status == 401


def test_users_are_found_page_by_page(root: ApiClient) -> None:
    for n in range(4):
        ok(new_user(root, email=f"page{n}@school.example", tenant_id=ALPHA_TENANT), 201)
    query = {"tenant_id": ALPHA_TENANT, "limit": "2"}
    first = ok(root.get("/api/admin/users", query=query))
    second = ok(root.get("/api/admin/users", query={**query, "cursor": first["next_cursor"]}))
    third = ok(root.get("/api/admin/users", query={**query, "cursor": second["next_cursor"]}))
    emails = [user["email"] for page in (first, second, third) for user in page["users"]]
    assert len(emails) == len(set(emails)) == first["count"] == 5
    assert "next_cursor" not in third
    assert [u["email"] for u in ok(root.get("/api/admin/users", query={"q": "PAGE3"}))["users"]] == [
        "page3@school.example"
    ]


def test_a_locked_user_is_out_at_once_and_back_after(root: ApiClient, context: Context, alpha_token: str) -> None:
    learner = ApiClient(Service(auth_routes, context), alpha_token)
    assert ok(root.post(f"/api/admin/users/{ALPHA_USER}/lock"))["user"]["status"] == "suspended"
    assert learner.get("/api/auth/me").status == 401
    assert ok(root.post(f"/api/admin/users/{ALPHA_USER}/unlock"))["user"]["status"] == "active"
    assert learner.get("/api/auth/me").status == 200


def test_tenants_and_members(root: ApiClient) -> None:
    tenant = ok(root.post("/api/admin/tenants", {"kind": "organisation", "name": "Gamma"}), 201)
    path = f"/api/admin/tenants/{tenant['id']}"
    assert ok(root.patch(path, {"name": "Gamma School"}))["name"] == "Gamma School"
    assert ok(root.get(path))["members"] == 0
    assert ok(root.get("/api/admin/tenants"))["count"] == 3
    assert ok(root.put(f"{path}/members/{ALPHA_USER}", {"role": "owner"})) == {"status": "stored"}
    (member,) = ok(root.get(f"{path}/members"))["members"]
    assert (member["user_id"], member["role"], member["email"]) == (ALPHA_USER, "owner", "learner@alpha.example")
    demoted = root.put(f"{path}/members/{ALPHA_USER}", {"role": "learner"})
    assert (demoted.status, demoted.body["code"]) == (409, "last_owner")
    assert root.delete(f"{path}/members/{ALPHA_USER}").status == 409
    ok(root.put(f"{path}/members/{BETA_USER}", {"role": "owner"}))
    assert ok(root.delete(f"{path}/members/{ALPHA_USER}")) == {"status": "deleted"}
    assert root.delete(f"{path}/members/{ALPHA_USER}").status == 404


def test_a_token_is_shown_once_and_ends_when_it_should(root: ApiClient, context: Context) -> None:
    minted = ok(root.post(f"{IN_ALPHA}/tokens", {"user_id": ALPHA_USER, "label": "Class 4b"}), 201)
    path = f"{IN_ALPHA}/tokens/{minted['details']['id']}"
    learner = ApiClient(Service(auth_routes, context), minted["token"])
    assert learner.get("/api/auth/me", headers={"x-client-platform": "iOS", "x-client-version": "1.2"}).status == 200
    listed = root.get(f"{IN_ALPHA}/tokens")
    (shown,) = ok(listed)["tokens"]
    assert (shown["label"], shown["last_platform"], shown["last_version"]) == ("Class 4b", "iOS", "1.2")
    assert minted["token"].encode() not in listed.raw
    changed = ok(root.patch(path, {"label": "4c", "requests_per_minute": 5, "expires_at": "2999-01-01T00:00:00Z"}))
    assert (changed["label"], changed["requests_per_minute"], changed["expires_at"]) == (
        "4c",
        5,
        "2999-01-01T00:00:00Z",
    )
    assert "expires_at" not in ok(root.patch(path, {"expires_at": None}))
    rotated = ok(root.post(f"{path}/rotate"))
    assert rotated["details"]["id"] == minted["details"]["id"]
    assert learner.get("/api/auth/me").status == 401
    assert learner.using(rotated["token"]).get("/api/auth/me").status == 200
    assert "revoked_at" in ok(root.delete(path))
    assert learner.using(rotated["token"]).get("/api/auth/me").status == 401
    assert root.post(f"{path}/rotate").status == 404


def test_a_token_is_for_members_only(root: ApiClient) -> None:
    assert root.post(f"{IN_ALPHA}/tokens", {"user_id": BETA_USER}).status == 404
    assert root.post(f"{IN_ALPHA}/tokens", {"user_id": "x"}).status == 404


def test_budgets_of_a_tenant_and_of_the_deployment(root: ApiClient) -> None:
    day, month = ok(root.put(f"{IN_ALPHA}/budget", {"day_micro_usd": 7}))["budgets"]
    assert (day["cap_micro_usd"], month["cap_micro_usd"]) == (7, 10_000_000)
    day, _ = ok(root.put(f"{IN_ALPHA}/budget", {"day_micro_usd": None}))["budgets"]
    assert day["cap_micro_usd"] == 1_000_000
    day, month = ok(root.put("/api/admin/budget", {"tenant_day_micro_usd": 3, "month_micro_usd": 9}))["budgets"]
    assert (day["tenant_cap_micro_usd"], day["cap_micro_usd"], month["cap_micro_usd"]) == (3, 5_000_000, 9)
    assert ok(root.get(f"{IN_ALPHA}/budget"))["budgets"][0]["cap_micro_usd"] == 3


def test_limits_of_a_tenant(root: ApiClient, context: Context, alpha_token: str) -> None:
    learner = ApiClient(Service(auth_routes, context), alpha_token)
    assert ok(root.get(f"{IN_ALPHA}/limits")) == {
        "account_per_minute": 1000,
        "tenant_per_minute": 10_000,
        "granted": [],
    }
    granted = ok(root.put(f"{IN_ALPHA}/limits", {"account_per_minute": 1, "tenant_per_minute": None}))
    assert granted == {"account_per_minute": 1, "tenant_per_minute": 10_000, "granted": ["account_per_minute"]}
    assert ok(root.get(f"{IN_ALPHA}/limits")) == granted
    assert [learner.get("/api/auth/me").status for _ in range(2)] == [200, 429]
    noted = trail(root, action="tenant_limits.")
    assert noted[0]["details"]["after"] == {"tenant_id": ALPHA_TENANT, "account_per_minute": 1}
    assert ok(root.put(f"{IN_ALPHA}/limits", {}))["granted"] == []
    changed = trail(root, action="tenant_limits.")[0]["details"]
    assert changed == {"before": {"account_per_minute": 1}, "after": {}}
    for body, field in (
        ({"account_per_minute": 0}, "account_per_minute"),
        ({"tenant_per_minute": 1.5}, "tenant_per_minute"),
    ):
        refused = root.put(f"{IN_ALPHA}/limits", body)
        assert (refused.status, list(refused.body["details"])) == (400, [field])


def test_what_the_whole_deployment_spends_is_for_who_administers_it(root: ApiClient, operator: ApiClient) -> None:
    assert root.get("/api/admin/budget").status == 200
    refused = operator.get("/api/admin/budget")
    assert (refused.status, refused.body["code"]) == (403, "out_of_reach")


@pytest.fixture
def used(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for tenant, amount in ((ALPHA_TENANT, 300), (BETA_TENANT, 40)):
            connection.execute(
                """INSERT INTO usage_events (tenant_id, id, kind, provider, model, quantity, unit, micro_usd)
                   VALUES (%s, %s, 'speech_out', 'deepgram', '=aura', 10, 'character', %s)""",
                (tenant, new_id(), amount),
            )


@pytest.mark.usefixtures("used")
def test_usage_as_json_and_csv(root: ApiClient, operator: ApiClient) -> None:
    assert ok(root.get("/api/admin/usage"))["total_micro_usd"] == 340
    assert ok(operator.get("/api/admin/usage"))["total_micro_usd"] == 300
    (row,) = ok(root.get(f"{IN_BETA}/usage"))["usage"]
    assert (row["tenant_id"], row["quantity"], row["micro_usd"]) == (BETA_TENANT, 10, 40)
    table = root.get(f"{IN_ALPHA}/usage", query={"format": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    (line,) = list(csv.DictReader(io.StringIO(table.raw.decode())))
    assert (line["model"], line["micro_usd"]) == ("'=aura", "300")
    assert ok(root.get("/api/admin/usage", query={"first": "2020-01-01", "last": "2020-02-01"}))["usage"] == []


def test_a_team_belongs_to_an_organisation(root: ApiClient) -> None:
    team = {"kind": "team", "name": "Physics"}
    made = ok(root.post("/api/admin/tenants", {**team, "parent_id": ALPHA_TENANT}), 201)
    assert made["parent_id"] == ok(root.get(f"/api/admin/tenants/{made['id']}"))["parent_id"] == ALPHA_TENANT
    assert "parent_id" not in ok(root.post("/api/admin/tenants", team), 201)
    for body in (
        {**team, "parent_id": made["id"]},
        {**team, "parent_id": new_id()},
        {**team, "parent_id": "x"},
        {"kind": "organisation", "name": "School", "parent_id": ALPHA_TENANT},
    ):
        refused = root.post("/api/admin/tenants", body)
        assert (refused.status, list(refused.body["details"])) == (400, ["parent_id"])


def test_feature_settings_are_checked(root: ApiClient) -> None:
    assert ok(root.get("/api/admin/features")) == {}
    wanted = {"speech": "cheaper_voice", "minimum_versions": {"android": "1.4.0"}}
    assert ok(root.put("/api/admin/features", wanted)) == wanted
    assert ok(root.get("/api/admin/features")) == wanted
    assert ok(root.put(f"{IN_ALPHA}/features", {"speech": "text"})) == {"speech": "text"}
    assert ok(root.get(f"{IN_ALPHA}/features")) == {"speech": "text"}
    assert ok(root.put(f"{IN_ALPHA}/features", {})) == ok(root.get(f"{IN_ALPHA}/features")) == {}
    assert root.put(f"{IN_ALPHA}/features", {"minimum_versions": {"android": "1"}}).status == 400
    assert root.put("/api/admin/features", {"minimum_versions": {"android": "new"}}).status == 400


def test_a_change_is_noted_with_before_and_after_and_without_secrets(root: ApiClient) -> None:
    ok(new_user(root, tenant_id=ALPHA_TENANT), 201)
    made, asked = trail(root, action="users."), trail(root, action="POST /api/admin/users")
    assert asked[0]["administrator"] == made[0]["administrator"] == "root@school.example"
    assert asked[0]["ip_address"] == "203.0.113.7"
    assert asked[0]["request_id"] == made[0]["request_id"] == "request-2"
    assert made[0]["tenant_id"] == ALPHA_TENANT
    after = made[0]["details"]["after"]
    assert after["id"] == made[0]["subject"]
    # The log outlives the person: who they are is not in it.
    assert [after[name] for name in ("email", "display_name", "password_hash")] == ["…"] * 3
    ok(root.post(f"/api/admin/users/{ALPHA_USER}/lock"))
    locked = trail(root, action="users.update", subject=ALPHA_USER)[0]["details"]
    assert (locked["before"]["is_locked"], locked["after"]["is_locked"]) == (False, True)
    assert set(locked["after"]) <= {"is_locked", "updated_at"}


def test_every_operation_is_noted_even_a_read(root: ApiClient) -> None:
    ok(root.get(f"{IN_ALPHA}/members", query={"x": "y"}))
    (entry,) = trail(root, tenant_id=ALPHA_TENANT)
    assert entry["action"] == "GET /api/admin/tenants/{tenant_id}/members"
    assert (entry["subject"], entry["details"]) == (ALPHA_TENANT, {"x": "y"})


def test_the_audit_log_is_read_page_by_page(root: ApiClient) -> None:
    for _ in range(5):
        ok(root.get("/api/admin/session"))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = ok(root.get("/api/admin/audit", query={"action": "GET /api/admin/session", "limit": "2", **cursor}))
        seen += [entry["id"] for entry in page["entries"]]
        cursor = {"cursor": page.get("next_cursor", "")}
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


def test_an_idempotent_creation_happens_once(root: ApiClient) -> None:
    body, headers = {"kind": "team", "name": "Twice"}, {"idempotency-key": "k"}
    first = ok(root.post("/api/admin/tenants", body, headers=headers), 201)
    again = root.post("/api/admin/tenants", body, headers=headers)
    assert ok(again, 201) == first
    assert again.headers["idempotency-replayed"] == "true"
    assert ok(root.get("/api/admin/tenants"))["count"] == 3


WRITES: list[tuple[str, str, object]] = [
    ("POST", "/api/admin/users", {"email": "n@school.example", "password": PASSWORD, "tenant_id": ALPHA_TENANT}),
    ("DELETE", f"/api/admin/users/{ALPHA_USER}", None),
    ("POST", f"/api/admin/users/{ALPHA_USER}/lock", None),
    ("POST", "/api/admin/tenants", {"kind": "team", "name": "T"}),
    ("PATCH", IN_ALPHA, {"name": "T"}),
    ("PUT", f"{IN_ALPHA}/members/{ALPHA_USER}", {"role": "owner"}),
    ("DELETE", f"{IN_ALPHA}/members/{ALPHA_USER}", None),
    ("POST", f"{IN_ALPHA}/tokens", {"user_id": ALPHA_USER}),
    ("PUT", f"{IN_ALPHA}/budget", {"day_micro_usd": 1}),
    ("PUT", "/api/admin/budget", {"day_micro_usd": 1}),
    ("PUT", f"{IN_ALPHA}/features", {"speech": "full"}),
    ("PUT", f"{IN_ALPHA}/limits", {"account_per_minute": 1}),
    ("PUT", "/api/admin/features", {"speech": "full"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_support_may_only_look(support: ApiClient, method: str, path: str, body: object) -> None:
    refused = support.call(method, path, json=body)
    assert (refused.status, refused.body["code"]) == (403, "role_too_low")


def test_an_operator_stays_out_of_the_deployment_and_of_other_tenants(operator: ApiClient) -> None:
    for method, path, body in WRITES:
        if path in {"/api/admin/tenants", "/api/admin/budget", "/api/admin/features"}:
            assert operator.call(method, path, json=body).body["code"] == "role_too_low"
    assert operator.get(IN_BETA).body == operator.get(f"/api/admin/tenants/{new_id()}").body
    assert operator.get(f"/api/admin/users/{BETA_USER}").body["code"] == "not_found"
    assert operator.post(f"/api/admin/users/{BETA_USER}/lock").status == 404
    assert operator.delete(f"/api/admin/users/{BETA_USER}").status == 404
    assert operator.put(f"{IN_ALPHA}/members/{BETA_USER}", {"role": "learner"}).status == 404
    assert new_user(operator, tenant_id=BETA_TENANT).status == 404
    assert new_user(operator).status == 400
    assert {u["tenant_id"] for u in ok(operator.get("/api/admin/users"))["users"]} == {ALPHA_TENANT}
    assert [t["id"] for t in ok(operator.get("/api/admin/tenants"))["tenants"]] == [ALPHA_TENANT]
    assert {entry["tenant_id"] for entry in trail(operator)} <= {ALPHA_TENANT}


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/api/admin/users", {"password": PASSWORD}, "email"),
        ("POST", "/api/admin/users", {"email": "x", "password": PASSWORD}, "email"),
        ("POST", "/api/admin/users", {"email": "a@b.example", "password": "short"}, "password"),
        ("POST", "/api/admin/users", {"email": "a@b.example", "password": PASSWORD, "role": "king"}, "role"),
        ("POST", "/api/admin/users", {"email": "a@b.example", "password": PASSWORD, "role": "admin"}, "tenant_id"),
        ("POST", "/api/admin/users", {"email": "a@b.example", "password": PASSWORD, "x": 1}, "body"),
        ("POST", "/api/admin/tenants", {"kind": "public", "name": "x"}, "kind"),
        ("POST", "/api/admin/tenants", {"kind": "team", "name": ""}, "name"),
        ("POST", "/api/admin/tenants", {"kind": "team", "name": "x\0"}, "name"),
        ("POST", f"{IN_ALPHA}/tokens", {"user_id": ALPHA_USER, "requests_per_minute": 0}, "requests_per_minute"),
        ("POST", f"{IN_ALPHA}/tokens", {"user_id": ALPHA_USER, "expires_at": "2030-01-01"}, "expires_at"),
        ("PUT", f"{IN_ALPHA}/budget", {"day_micro_usd": -1}, "day_micro_usd"),
        ("PUT", f"{IN_ALPHA}/budget", {"day_micro_usd": 1.5}, "day_micro_usd"),
        ("PUT", f"{IN_ALPHA}/budget", {"day_micro_usd": 1 << 60}, "day_micro_usd"),
        ("PUT", f"{IN_ALPHA}/features", {"speech": "loud"}, "speech"),
        ("GET", "/api/admin/usage?first=2026-02-30", None, "first"),
        ("GET", "/api/admin/usage?first=2026-02-01&last=2026-01-01", None, "last"),
        ("GET", "/api/admin/users?limit=0", None, "limit"),
        ("GET", "/api/admin/users?tenant_id=x", None, "tenant_id"),
        ("GET", "/api/admin/audit?cursor=AAAA", None, "cursor"),
        ("GET", "/api/admin/audit?since=yesterday", None, "since"),
    ],
)
def test_bad_input_names_its_field(root: ApiClient, method: str, path: str, body: object, field: str) -> None:
    path, _, text = path.partition("?")
    query = dict(pair.split("=") for pair in text.split("&")) if text else None
    refused = root.call(method, path, json=body, query=query)
    assert refused.status == 400, refused.body
    assert field in refused.body["details"], refused.body


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
def test_a_strangers_page_cannot_send_a_form(context: Context, root: ApiClient, payload: Any) -> None:
    client = ApiClient(Service(routes, context), root.token, payload=payload)
    path = f"/api/admin/users/{ALPHA_USER}/lock"
    assert client.post(path, headers={"content-type": "text/plain"}).status == 400
    assert ok(root.get(f"/api/admin/users/{ALPHA_USER}"))["status"] == "active"
