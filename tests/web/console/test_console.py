"""The console in a real browser before the real services: what is seen and done there is so in the database."""

import csv
import io
from pathlib import Path

import aiohttp
import psycopg
import pytest
from playwright.async_api import Browser, Page, expect

from shared.auth.passwords import hash_password
from shared.ids import new_id
from tests.conftest import ALPHA_TENANT, ALPHA_USER, BETA_TENANT
from tests.e2e.browser import visit
from tests.support.admins import add_admin, add_admin_session, code_now
from tests.support.api import ApiClient
from tests.support.console import Front
from tests.web.console.steps import IN_ALPHA, REFUSED, console, field, open_part, row, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "head@school.example"
PASSWORD = "violet-harbour-97"


async def status_with(url: str, token: str) -> int:
    """Return what the API says to the holder of a beta token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/auth/me", headers=headers) as answer:
        return answer.status


async def sign_in(page: Page, code: str) -> None:
    await field(page, "E-mail").fill(NAME)
    await field(page, "Password").fill(PASSWORD)
    await field(page, "Code of your authenticator app").fill(code)
    await page.keyboard.press("Enter")


async def test_with_password_and_code_a_token_is_minted_used_and_revoked(
    browser: Browser, front: Front, database_url: str
) -> None:
    add_admin(database_url, NAME, password_hash=hash_password(PASSWORD))
    async with visit(browser, front.url + "/console/", tolerated=[REFUSED]) as page:
        code = code_now()
        await sign_in(page, f"{(int(code) + 1) % 1_000_000:06}")
        await expect(page.get_by_role("alert")).to_have_text("The address, the password or the code is wrong.")
        await sign_in(page, code)
        await expect(page.get_by_text(f"{NAME} (superadmin)")).to_be_visible()
        await open_part(page, "Beta tokens")
        await field(page, "Member").select_option("Alpha Learner")
        await field(page, "Label").fill("Class 4b")
        await field(page, "Requests a minute").fill("30")
        await page.get_by_role("button", name="Mint token").click()
        token = await page.get_by_role("dialog").get_by_label("Token").input_value()
        assert token.startswith("uma_beta_")
        assert await status_with(front.url, token) == 200
        await page.get_by_role("button", name="Done").click()
        await expect(page.locator("#minted [name=token]")).to_have_value("")
        assert await nowhere(page, token)
        await expect(row(page, "Class 4b")).to_contain_text("Alpha Learner")
        await expect(row(page, "Class 4b")).to_contain_text("valid")
        await page.get_by_role("button", name="Revoke Class 4b").click()
        await page.get_by_role("button", name="No").click()
        assert await status_with(front.url, token) == 200
        await page.get_by_role("button", name="Revoke Class 4b").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await told(page, "The token Class 4b is revoked.")
        await expect(row(page, "Class 4b")).to_contain_text("revoked")
        assert await status_with(front.url, token) == 401
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert await page.evaluate("sessionStorage.length") == 0
        await page.go_back()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def nowhere(page: Page, secret: str) -> bool:
    """Tell whether a page has forgotten a secret: on it, in its fields, its storage and its address."""
    return await page.evaluate(
        """secret => ![document.documentElement.outerHTML, location.href, JSON.stringify({ ...localStorage }),
            JSON.stringify({ ...sessionStorage }), ...[...document.querySelectorAll('input')].map(({ value }) => value)]
            .some((text) => text.includes(secret))""",
        secret,
    )


async def test_a_token_is_changed_and_rotated(page: Page, front: Front, root: ApiClient) -> None:
    body = {"user_id": ALPHA_USER, "label": "Class 4b", "expires_at": "2999-01-01T00:00:00Z"}
    first = root.post(f"{IN_ALPHA}/tokens", body).body["token"]
    await open_part(page, "Beta tokens")
    await page.get_by_role("button", name="Change Class 4b").click()
    dialog = page.get_by_role("dialog", name="Change a token")
    await dialog.get_by_label("Label").fill("Class 4c")
    await dialog.get_by_label("Requests a minute").fill("5")
    await dialog.get_by_label("Expires").fill("")
    await dialog.get_by_role("button", name="Save").click()
    await told(page, "The token Class 4c has been changed.")
    (stored,) = root.get(f"{IN_ALPHA}/tokens").body["tokens"]
    assert (stored["label"], stored["requests_per_minute"], "expires_at" in stored) == ("Class 4c", 5, False)
    await page.get_by_role("button", name="Rotate Class 4c").click()
    await page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    second = await page.get_by_role("dialog").get_by_label("Token").input_value()
    assert [await status_with(front.url, token) for token in (first, second)] == [401, 200]


async def test_a_token_whose_answer_was_lost_is_not_minted_twice(
    browser: Browser, front: Front, root_token: str, root: ApiClient
) -> None:
    async with console(browser, front.url, root_token, provoked="net::ERR_EMPTY_RESPONSE") as page:
        await open_part(page, "Beta tokens")
        await field(page, "Member").select_option("Alpha Learner")
        front.losing = True
        await page.get_by_role("button", name="Mint token").click()
        await expect(page.get_by_role("alert")).to_have_text("The server cannot be reached. Try again in a moment.")
        front.losing = False
        await page.get_by_role("button", name="Mint token").click()
        token = await page.get_by_role("dialog").get_by_label("Token").input_value()
    assert await status_with(front.url, token) == 200
    assert len(root.get(f"{IN_ALPHA}/tokens").body["tokens"]) == 1


async def test_a_budget_is_changed_and_what_is_wrong_stands_by_its_field(page: Page, root: ApiClient) -> None:
    await open_part(page, "Budgets")
    day = field(page, "Cap of a day")
    await day.fill("2,50")
    await page.get_by_role("button", name="Set caps").click()
    await expect(day).to_have_attribute("aria-invalid", "true")
    await expect(day).to_be_focused()
    await expect(day).to_have_accessible_description("expected dollars, such as 2.50.")
    await day.fill("2000000")
    await page.get_by_role("button", name="Set caps").click()
    await expect(day).to_have_accessible_description("Expected int <= 1000000000000.")
    await day.fill("2.50")
    await page.get_by_role("button", name="Set caps").click()
    await told(page, "The caps are $2.50 a day and $10.00 a month now.")
    await expect(row(page, "Today").get_by_role("cell").first).to_have_text("$2.50")
    assert root.get(f"{IN_ALPHA}/budget").body["budgets"][0]["cap_micro_usd"] == 2_500_000
    await field(page, "None of its own: the deployment's a day").check()
    await page.get_by_role("button", name="Set caps").click()
    await told(page, "The caps are $1.00 a day")


async def test_the_deployments_budget_and_features_are_set(page: Page, root: ApiClient) -> None:
    await page.get_by_role("link", name="Budgets").click()
    await field(page, "A tenant without a cap of its own, a day").fill("0.75")
    await page.get_by_role("button", name="Set caps").click()
    await expect(row(page, "Today").get_by_role("cell").last).to_have_text("$0.75")
    assert root.get("/api/admin/budget").body["budgets"][0]["tenant_cap_micro_usd"] == 750_000
    await page.get_by_role("link", name="Features").click()
    await field(page, "The most that learners hear").select_option("The cheaper voice speaks")
    versions = field(page, "Least version of the app")
    await versions.fill("android 1.4.0\nios new")
    await page.get_by_role("button", name="Save").click()
    await expect(versions).to_have_attribute("aria-invalid", "true")
    await versions.fill("android 1.4.0\n")
    await page.get_by_role("button", name="Save").click()
    await told(page, "The settings are saved.")
    wanted = {"speech": "cheaper_voice", "minimum_versions": {"android": "1.4.0"}}
    assert root.get("/api/admin/features").body == wanted


async def test_usage_is_summed_and_downloaded(page: Page, database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url) as connection:
        for tenant, amount in ((ALPHA_TENANT, 300), (ALPHA_TENANT, 2_000_000), (BETA_TENANT, 40)):
            connection.execute(
                """INSERT INTO usage_events (tenant_id, id, kind, provider, model, quantity, unit, micro_usd)
                   VALUES (%s, %s, 'speech_out', 'deepgram', '=aura', 10, 'character', %s)""",
                (tenant, new_id(), amount),
            )
    await page.get_by_role("link", name="Usage").click()
    await expect(page.get_by_text("$2.00034 from")).to_be_visible()
    spending = page.get_by_role("table", name="Spending by day and tenant").get_by_role("row")
    await expect(spending).to_have_count(3)
    await expect(spending.nth(1)).to_contain_text("$2.0003")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download as CSV").click()
    await (await downloading.value).save_as(tmp_path / "usage.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "usage.csv").read_text(encoding="utf-8"))))
    assert sorted((line["tenant_id"], line["micro_usd"]) for line in lines) == [
        (ALPHA_TENANT, "2000300"),
        (BETA_TENANT, "40"),
    ]
    await field(page, "From (UTC)").fill("2026-02-02")
    await field(page, "To (UTC)").fill("2026-02-01")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(field(page, "To (UTC)")).to_have_accessible_description("a day from first to 365 days later.")


async def test_the_audit_log_is_searched_page_by_page(page: Page, root: ApiClient, database_url: str) -> None:
    root.post(f"/api/admin/users/{ALPHA_USER}/lock")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO audit_log (tenant_id, id, administrator, action)
               SELECT %s, uuid7(), 'past@school.example', 'seen' FROM generate_series(1, 101)""",
            (ALPHA_TENANT,),
        )
    await page.get_by_role("link", name="Audit log").click()
    entries = page.get_by_role("table", name="Audit log").locator("tbody tr")
    await field(page, "What: how it begins").fill("users.")
    await page.get_by_role("button", name="Find").click()
    await expect(entries).to_have_count(1)
    await entries.get_by_text("Show").click()
    await expect(entries.locator("pre")).to_contain_text('"is_locked": true')
    await field(page, "What: how it begins").fill("")
    await field(page, "By which administrator").fill("past@school.example")
    await page.get_by_role("button", name="Find").click()
    await expect(entries).to_have_count(100)
    await page.get_by_role("button", name="Show more").click()
    await expect(entries).to_have_count(101)
    await expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    await field(page, "By which person: id").fill("somebody")
    await page.get_by_role("button", name="Find").click()
    await expect(field(page, "By which person: id")).to_have_accessible_description("expected an id.")


async def test_who_may_only_look_is_told_so(browser: Browser, front: Front, database_url: str) -> None:
    token = add_admin_session(database_url, "support@school.example", role="support", tenants=[ALPHA_TENANT])
    refusal = "This needs an administrator with the role operator."
    async with console(browser, front.url, token) as page:
        await expect(page.get_by_text("support@school.example (support, of 1 tenant)")).to_be_visible()
        await expect(page.get_by_text("Beta", exact=True)).to_have_count(0)
        await open_part(page, "Budgets")
        await field(page, "Cap of a day").fill("1000")
        await page.get_by_role("button", name="Set caps").click()
        await expect(page.get_by_role("alert")).to_have_text(refusal)
        await page.get_by_role("navigation", name="Alpha").get_by_role("link", name="People").click()
        await page.get_by_role("button", name="Lock Alpha Learner").click()
        await page.get_by_role("dialog").get_by_role("button", name="Lock").click()
        await told(page, refusal)
        await expect(row(page, "Alpha Learner")).to_contain_text("active")
        await page.goto(f"{front.url}/console/?view=members&tenant={BETA_TENANT}")
        await told(page, "Tenant not found.")
        await expect(page.get_by_role("table")).to_have_count(0)


async def test_a_hostile_name_is_a_text(page: Page, root: ApiClient, database_url: str) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\">"
    root.post(f"{IN_ALPHA}/tokens", {"user_id": ALPHA_USER, "label": hostile})
    root.patch(IN_ALPHA, {"name": hostile})
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE users SET display_name = %s WHERE id = %s", (hostile, ALPHA_USER))
    await page.get_by_role("link", name="Audit log").click()
    await page.get_by_role("link", name="Tenants").click()
    await page.get_by_role("link", name=hostile).click()
    parts = page.get_by_role("navigation", name=hostile)
    for part, cells in {"Members": 1, "People": 1, "Beta tokens": 2}.items():
        await parts.get_by_role("link", name=part).click()
        await expect(page.locator("td, th").get_by_text(hostile, exact=True).filter(visible=True)).to_have_count(cells)
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("dialog")).to_contain_text(hostile)
    assert await page.locator("img").count() == 0
    assert await page.title() != "taken"


async def test_an_address_that_somebody_made_up_leads_nowhere(page: Page, front: Front) -> None:
    """`..` in an id's place would make a tenant's budget the deployment's."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for view, tenant in (("budgets", ".."), ("features", "."), ("members", "../../../auth")):
        await page.goto(f"{front.url}/console/?view={view}&tenant={tenant}")
        await told(page, "No such path." if len(tenant) > 2 else "There is nothing here.")
    told_apart = {url.partition("/api/admin/")[2] for url in asked if "/api/" in url}
    assert told_apart - {"session"} <= {f"tenants/..%2F..%2F..%2Fauth{part}" for part in ("", "/members")}
    await page.goto(f"{front.url}/console/?view=constructor")
    await expect(page.get_by_role("heading", name="Tenants", level=1)).to_be_visible()


async def test_people_are_made_found_and_locked(page: Page, root: ApiClient) -> None:
    await open_part(page, "People")
    await field(page, "E-mail").fill("new@school.example")
    await field(page, "First password").fill("password1")
    await field(page, "Role").select_option("teacher")
    await page.get_by_role("button", name="Make account").click()
    await expect(field(page, "First password")).to_have_attribute("aria-invalid", "true")
    await field(page, "First password").fill(PASSWORD)
    await page.get_by_role("button", name="Make account").click()
    await told(page, "new has an account now.")
    await expect(field(page, "First password")).to_have_value("")
    await field(page, "Part of a name or an address").fill("NEW@")
    await page.get_by_role("button", name="Find").click()
    people = page.get_by_role("table", name="People").locator("tbody tr")
    await expect(people).to_have_count(1)
    await expect(people).to_contain_text("teacher")
    await page.get_by_role("button", name="Lock new").click()
    await page.get_by_role("dialog").get_by_role("button", name="Lock").click()
    await expect(people).to_contain_text("suspended")
    await page.get_by_role("button", name="Unlock new").click()
    await expect(people).to_contain_text("active")
    await page.get_by_role("button", name="Delete new").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(people).to_have_count(0)
    assert root.get("/api/admin/users", query={"q": "new@school.example"}).body["count"] == 0


async def test_a_tenant_is_made_filled_renamed_and_removed(page: Page, root: ApiClient) -> None:
    await field(page, "Name").fill("Gamma")
    await page.get_by_role("button", name="Make tenant").click()
    await told(page, "The tenant Gamma has been made.")
    await page.get_by_role("link", name="Gamma").click()
    await field(page, "Name of the tenant").fill("Gamma School")
    await page.get_by_role("button", name="Rename").click()
    bar = page.get_by_role("navigation", name="Gamma School")
    await bar.get_by_role("link", name="Members").click()
    await field(page, "E-mail or id of the account").fill("nobody@alpha.example")
    await page.get_by_role("button", name="Add member").click()
    await expect(field(page, "E-mail or id")).to_have_attribute("aria-invalid", "true")
    await field(page, "E-mail or id of the account").fill("Learner@alpha.example")
    await page.get_by_role("combobox", name="Role", exact=True).select_option("owner")
    await page.get_by_role("button", name="Add member").click()
    await expect(row(page, "learner@alpha.example")).to_be_visible()
    await page.get_by_role("combobox", name="Role of Alpha Learner").select_option("learner")
    await page.get_by_role("button", name="Change role of Alpha Learner").click()
    await told(page, "A tenant keeps at least one owner.")
    await bar.get_by_role("link", name="Overview").click()
    await field(page, "Of all together").fill("0.5")
    await field(page, "Of each account").fill("1200")
    await page.get_by_role("button", name="Grant limits").click()
    await expect(field(page, "Of all together")).to_be_focused()
    await field(page, "Of all together").fill("")
    await page.get_by_role("button", name="Grant limits").click()
    await told(page, "Each account may make 1200 requests a minute now")
    await expect(field(page, "Of each account")).to_have_value("1200")
    (gamma,) = [one["id"] for one in root.get("/api/admin/tenants").body["tenants"] if one["name"] == "Gamma School"]
    assert root.get(f"/api/admin/tenants/{gamma}/limits").body["granted"] == ["account_per_minute"]
    await page.get_by_role("button", name="Have everything copied").click()
    await expect(page.get_by_role("table", name="Copies of its data").locator("tbody tr")).to_contain_text("queued")
    await field(page, "Type the tenant's name").fill("Gamma")
    await page.get_by_role("button", name="Remove tenant").click()
    await expect(page.get_by_role("alert")).to_contain_text("name")
    await field(page, "Type the tenant's name").fill("Gamma School")
    await page.get_by_role("button", name="Remove tenant").click()
    await told(page, "The tenant is removed.")
    await expect(page.get_by_role("heading", name="Tenants", level=1)).to_be_focused()
    await expect(page.get_by_role("table", name="Removals").locator("tbody tr")).to_have_count(1)
    assert root.get("/api/admin/tenants").body["count"] == 2


async def test_a_session_that_ends_shows_nothing_more(page: Page, database_url: str) -> None:
    await open_part(page, "Members")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE admin_sessions SET expires_at = now() - interval '1 second'")
    await page.get_by_role("link", name="People").first.click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_focused()
    await expect(page.get_by_text("The token has expired.")).to_be_visible()
    for seen in ("learner@alpha.example", "Alpha", "root@school.example", "uma_admin_"):
        assert await nowhere(page, seen)
