"""Calls are timed in turn."""

from functools import partial

from benchmarks.timing import one_core, race


def test_the_calls_take_turns() -> None:
    order: list[str] = []
    with one_core():
        race({name: partial(order.append, name) for name in "ab"}, 0.0, rounds=2)
    changes = [x for i, x in enumerate(order) if i == 0 or order[i - 1] != x]
    assert changes == list("ababab")
