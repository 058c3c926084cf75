"""How far fronts are apart, as docs/numerics.md says."""

from benchmarks import fronts
from tests.tolerances import FRONTS_ILL, FRONTS_WELL


def test_fronts_are_as_near_as_the_page_says() -> None:
    found = fronts.worst()
    assert {condition for condition, _ in found} == {fronts.WELL, fronts.ILL}
    for (condition, _), (number, error, tag) in found.items():
        assert number > 0
        assert error < (FRONTS_WELL if condition == fronts.WELL else FRONTS_ILL), tag
