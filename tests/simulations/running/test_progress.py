"""Whoever waits is told for what, within seconds."""

import time

import pytest

from simulations.running import progress


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    assert progress.EVERY < 5
    monkeypatch.setattr(progress, "EVERY", 0.05)


def test_a_slow_task_is_named_once(capsys) -> None:
    with progress.under_way("the theory of 40 cells"):
        time.sleep(0.5)
    assert capsys.readouterr().err == "the theory of 40 cells ...\n"


def test_a_fast_task_is_not(capsys, monkeypatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 3.0)
    began = time.monotonic()
    with progress.under_way("nothing"):
        pass
    assert time.monotonic() - began < 1  # nor is it waited for
    assert capsys.readouterr().err == ""


def test_a_bar_says_what_its_first_task_is(capsys) -> None:
    """Before any task is done, again and again, and what it is by then."""
    names = iter(["slow task 1", "slow task 2"])
    last = ["slow task 3"]
    with progress.bar(4, "trial", lambda: next(names, last[0]), initial=1) as bar:
        time.sleep(1)
        told = capsys.readouterr().err
        bar.update(3)
    assert "1/4" in told
    assert all(f"slow task {number}" in told for number in (1, 2, 3))
    assert told.count("slow task") > 4
    assert "4/4" in capsys.readouterr().err


def test_a_bar_that_is_not_shown_asks_nothing(capsys) -> None:
    with progress.bar(4, "run", lambda: pytest.fail("asked"), disable=True):
        time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_the_heart_stops_with_an_error() -> None:
    beats: list[int] = []

    def failing() -> None:
        time.sleep(0.3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), progress.beating(lambda: beats.append(1)):
        failing()
    number = len(beats)
    assert number
    time.sleep(0.2)
    assert len(beats) == number
