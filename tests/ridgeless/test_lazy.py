"""Attributes are computed once, and hold no lock that a fork could leave locked."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.lazy import lazy

WAIT = 60  # seconds for what takes a hundredth


class Counted:
    calls = 0

    @lazy
    def value(self) -> int:
        """Say how often it was computed."""
        self.calls += 1
        return self.calls


def test_a_value_is_computed_once() -> None:
    first, other = Counted(), Counted()
    assert [first.value, first.value, other.value] == [1, 1, 1]
    assert isinstance(Counted.value, lazy)
    assert Counted.value.__doc__ == "Say how often it was computed."


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_while_another_thread_computes_goes_on() -> None:
    """The thread is inside an attribute, and inside one of a spectrum, when the process forks."""
    inside, over = threading.Event(), threading.Event()

    class Slow(Counted):
        @lazy
        def value(self) -> int:
            inside.set()
            over.wait(WAIT)
            return 1

    def solve() -> None:
        while not over.is_set():
            rl.risk(rl.Spectrum(np.linspace(1.0, 2.0, 50)), 0.3)

    rl.risk([1.0, 2.0], 0.3)
    threads = [threading.Thread(target=work) for work in (lambda: Slow().value, solve)]
    for thread in threads:
        thread.start()
    try:
        assert inside.wait(WAIT)
        for _ in range(5):
            assert _child_ends(Slow) == 0
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _child_ends(slow: type[Counted]) -> int:
    """Fork; the child asks a fresh object and solves. Return its status, or -1 if it hangs."""
    child = os.fork()
    if child == 0:
        slow.value.compute = lambda _: 2
        done = slow().value == 2 and rl.risk(rl.Spectrum([1.0, 3.0]), 0.3).total > 0
        os._exit(0 if done else 1)
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1
