"""A bar on terminals, and nowhere else."""

import sys
from io import StringIO

import pytest

from ridgeless.cli import progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setattr(progress, "AFTER", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with progress.shown() as draw:
        assert draw is not None
        draw(0.5, "leaving rows out")
    assert " 50% leaving rows out" in seen.getvalue()
    assert seen.getvalue().endswith("\r")


def test_short_work_and_other_streams_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    with progress.shown() as draw:
        assert draw is not None
        draw(0.5, "leaving rows out")
    assert seen.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", StringIO())
    with progress.shown() as draw:
        assert draw is None
