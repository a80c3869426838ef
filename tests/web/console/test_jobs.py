"""Jobs on the console, among them the dead letters."""

import pytest
from playwright.async_api import Page, expect

from shared.db import Database
from shared.ids import new_id
from shared.repositories.job_runs import JobRunRepository
from shared.repositories.jobs import JobRepository
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.api import ApiClient
from tests.web.console.steps import field, row, told

pytestmark = pytest.mark.asyncio(loop_scope="module")


def failed(database: Database) -> str:
    """Leave a dead letter and return its id."""
    job_id, run_id = new_id(), new_id()
    with database.unit(ALPHA) as unit:
        JobRepository(unit).add(job_id, "count", {"to": 3})
    with database.unit(ALPHA) as unit:
        JobRunRepository(unit).begin(job_id, run_id, lease_s=30, most=8)
    with database.unit(ALPHA) as unit:
        runs = JobRunRepository(unit)
        runs.say(job_id, run_id, "nearly there", {"left": 1})
        runs.fail(job_id, run_id, {"code": "conflict", "message": "it is there already", "remedy": "remove it"})
    return job_id


async def test_a_dead_letter_is_found_understood_and_tried_again(
    page: Page, database: Database, root: ApiClient
) -> None:
    letter = failed(database)
    with database.unit(ALPHA) as unit:
        JobRepository(unit).add(new_id(), "other", {})
    jobs = page.get_by_role("table", name="Jobs").locator("tbody tr")
    await page.get_by_role("link", name="Jobs").click()
    await expect(jobs).to_have_count(2)
    await page.get_by_role("button", name="Dead letters").click()
    await expect(jobs).to_have_count(1)
    await expect(row(page, letter)).to_contain_text("conflict it is there already")
    await expect(row(page, letter)).to_contain_text("remove it")
    await page.get_by_role("button", name="Events count").click()
    events = page.get_by_role("dialog", name="Events of the job")
    await expect(events).to_contain_text("nearly there")
    await events.get_by_role("button", name="Close").click()
    await page.get_by_role("button", name="Retry count").click()
    await told(page, f"The job {letter} is queued.")
    await expect(jobs).to_have_count(0)
    await field(page, "Status").select_option("queued")
    await field(page, "Kind").fill("count")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name="Pause count").click()
    await expect(jobs).to_have_count(0)
    job = root.get(f"/api/admin/tenants/{ALPHA_TENANT}/jobs/{letter}").body["job"]
    assert job["status"] == "paused"
    await field(page, "Kind").fill("NO KIND")
    await page.get_by_role("button", name="Find").click()
    await expect(field(page, "Kind")).to_have_attribute("aria-invalid", "true")
