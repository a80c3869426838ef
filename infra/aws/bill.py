"""Tells what a month costs: `./unamentis cost`, and docs/reference/costs.md (python -m infra.aws.bill > it)."""

import json
import sys
from typing import Final

from infra.aws.cost import HOURS, PRICES, SESSIONS_PER_CPU, TIERS, Bill, Usage, beside, month, read_prices
from infra.aws.vendors import CHARACTERS_A_MINUTE, CHOICES, TOKENS_IN, TOKENS_OUT, TURNS_A_MINUTE, for_one_user

COUNTS: Final = (10, 50, 500, 5_000)
# What the beta tier may cost without a single user.
BETA_LIMIT_USD: Final = 25


def told(tier: str, users: int, capacity: str) -> str:
    """Return a month as a person at a terminal reads it."""
    bill, prices = month(tier, users, capacity=capacity), read_prices()
    rows = [f"{tier}, {users:,} users, US dollars a month in us-east-1", ""]
    rows += [f"  {line.what:26}{line.usd:10.2f}   {line.how}" for line in bill.lines]
    sums = {"fixed": bill.fixed, "total": bill.total, "with NAT, ALB and REST API": beside(bill).total}
    rows += ["", *(f"  {name:26}{usd:10.2f}" for name, usd in sums.items()), "", "AI vendors come on top:", ""]
    rows += [f"  {choice.name:42}{users * for_one_user(choice, bill.usage, prices):12.2f}" for choice in CHOICES]
    return "\n".join([*rows, "", "Assumed:", *(f"  - {line}" for line in assumptions(bill.usage))])


def assumptions(usage: Usage) -> list[str]:
    """Return what a bill takes for granted, one sentence each."""
    return [
        (
            f"{usage.voice_minutes:g} voice minutes and {usage.api_requests} API requests per user and day, "
            f"{usage.days} days; {HOURS} hours."
        ),
        (
            f"A busiest hour with {usage.busiest_hour:.0%} of the day's minutes; {SESSIONS_PER_CPU} sessions at once "
            "per CPU of the voice service, which then has as many tasks as that needs."
        ),
        f"{usage.lambda_ms} ms and {usage.log_kb:g} KB of log per request; {usage.egress_gb:g} GB out per user.",
        "The tier's own database whatever the number of users; its disk and its backups inside what it begins with.",
        (
            f"Vendors: {TURNS_A_MINUTE} turns a minute of {TOKENS_IN:,} tokens in and {TOKENS_OUT} out; half of the "
            f"time the tutor speaks, {CHARACTERS_A_MINUTE} characters a minute."
        ),
        "No taxes, no support plan, no free credits of new accounts. Spot prices move.",
    ]


def page() -> str:
    """Return docs/reference/costs.md."""
    parts = [
        "# What it costs",
        (
            "US dollars a month in us-east-1, computed from the templates and `infra/aws/prices.json` by "
            "`python -m infra.aws.bill`; a test fails when this page is not what they say, and when the beta tier's "
            f"fixed part passes ${BETA_LIMIT_USD}. `./unamentis cost --users 50` prints every line."
        ),
        "## By tier and number of users, without AI vendors",
        _tiers(),
        (
            "*NAT + ALB + REST* is the beta tier's database and voice service behind a NAT gateway, a load balancer "
            "and a REST API. The beta tier beyond a few hundred users is for comparison only: a tunnel does not spread "
            "people evenly over tasks."
        ),
        "## Line by line",
        *(_lines(tier) for tier in TIERS),
        "## AI vendors, on top",
        _vendors(),
        "Tenants have budgets that stop this part: [budgets](budgets.md).",
        "## Assumed",
        "\n".join(f"- {line}" for line in assumptions(Usage(users=1))),
        "## Prices",
        _prices(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---" if n == 0 else "---:" for n in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _tiers() -> str:
    rows: list[list[str]] = []
    for users in COUNTS:
        beta, production = (month(tier, users) for tier in TIERS)
        cells = [f"{beta.total:.2f}", str(beta.tasks), f"{production.total:.2f}", str(production.tasks)]
        rows.append([f"{users:,}", *cells, f"{beside(beta).total:.2f}"])
    return _table(["users", "beta", "tasks", "production", "tasks", "NAT + ALB + REST"], rows)


def _lines(tier: str) -> str:
    bill: Bill = month(tier, 50)
    rows = [[line.what, f"{line.usd:.2f}", line.how] for line in bill.lines]
    rows += [["**fixed**", f"**{bill.fixed:.2f}**", ""], ["**total**", f"**{bill.total:.2f}**", ""]]
    capacities = ", ".join(f"{c} {month(tier, 50, capacity=c).total:.2f}" for c in ("spot", "mixed", "ondemand"))
    return f"### {tier}, 50 users\n\n{_table(['', 'USD', ''], rows)}\n\nBy `CoreCapacity`: {capacities}."


def _vendors() -> str:
    prices = read_prices()
    rows = [
        [choice.name, *(f"{n * for_one_user(choice, Usage(users=n), prices):,.2f}" for n in (1, *COUNTS))]
        for choice in CHOICES
    ]
    return _table(["", *(f"{n:,} users" for n in (1, *COUNTS))], rows)


def _prices() -> str:
    rows = json.loads(PRICES.read_text(encoding="utf-8"))["prices"]
    cells = [
        [row["id"], f"{row['usd']:.10g}", row["unit"], row["date"], row["confidence"], row["source"]] for row in rows
    ]
    return _table(["price", "USD", "unit", "read", "confidence", "from"], cells)


if __name__ == "__main__":
    sys.stdout.write(page())
