"""A signal is taken otherwise for a while, then as before."""

import os
import signal
import threading

from simulations.running.signals import handled


def test_the_handler_is_there_inside_and_gone_after() -> None:
    before, caught = signal.getsignal(signal.SIGTERM), []
    with handled(signal.SIGTERM, lambda number, _: caught.append(number)):
        os.kill(os.getpid(), signal.SIGTERM)
    assert caught == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_threads_go_on_as_they_are() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def elsewhere() -> None:
        with handled(signal.SIGTERM, signal.SIG_IGN):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [before]
