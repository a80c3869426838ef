"""What is answered to Android and to everybody else."""

from shared.api import PerClient


def test_androids_form_is_made_only_for_it() -> None:
    made: list[str] = []

    def android() -> list[str]:
        made.append("made")
        return made

    answer = PerClient({"count": 1}, android)
    assert answer.negotiated(is_android=False) == {"count": 1}
    assert made == []
    assert answer.negotiated(is_android=True) == ["made"]
    assert PerClient(1, [2]).negotiated(is_android=True) == [2]
