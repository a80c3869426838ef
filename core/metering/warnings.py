"""What operators are told of the deployment's budgets: a line of the log for each share that was passed, once."""

from collections.abc import Sequence
from typing import Final

from shared.logging import get_logger
from shared.repositories.metering import Threshold

_log: Final = get_logger("core")


def tell_operators(passed: Sequence[Threshold]) -> None:
    """Write down which shares of its budgets the deployment has passed."""
    for share in passed:
        _log.warning(
            "deployment_budget_warning",
            period=share.period,
            percent=share.percent,
            spent_micro_usd=share.spent,
            cap_micro_usd=share.cap,
        )
