"""What is printed: to terminals that lack its characters, readers that leave, full devices."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["FAILED", "UNREAD", "printing"]

#: Exit codes: a file or stream that cannot be read or written, and nobody who reads what is
#: printed, as a shell says of a program that SIGPIPE ended.
FAILED, UNREAD = 2, 141


def printing(act: Callable[[], int]) -> int:
    """Act, see that all it printed has arrived, and return its exit code.

    An OSError takes one line; a reader that left, as `head` does, takes none.
    """
    with _escaping():
        try:
            try:
                return act()
            finally:
                # Else Python does it at its end, and prints what goes wrong there.
                for stream in _streams():
                    stream.flush()
        except BrokenPipeError:
            _give_up()
            return UNREAD
        except OSError as error:
            _give_up()
            where = f"{error.filename}: " if error.filename else ""
            with suppress(OSError):
                print(f"error: {where}{error.strerror or error}", file=sys.stderr)
            return FAILED


def _streams() -> list[Any]:
    """Return the standard streams; one that was closed at the start is none."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


@contextmanager
def _escaping() -> Iterator[None]:
    """Print a character that the encoding of a stream lacks as an escape, where others raise."""
    able = [stream for stream in _streams() if hasattr(stream, "reconfigure")]
    before = [stream.errors for stream in able]
    for stream in able:
        stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for stream, errors in zip(able, before, strict=True):
            stream.reconfigure(errors=errors)


def _give_up() -> None:
    """Let what standard output still holds go nowhere, so that nothing fails at the end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
