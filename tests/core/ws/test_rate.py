import pytest

from core.ws.rate import ControlRate
from shared.errors import RateLimited


def test_a_burst_is_taken_and_a_flood_is_not() -> None:
    rate = ControlRate(0.0)
    for _ in range(200):
        rate.take(0.0)
    with pytest.raises(RateLimited):
        rate.take(0.0)
    for _ in range(50):
        rate.take(1.0)
    with pytest.raises(RateLimited):
        rate.take(1.0)
