"""What every command line shares: settings from flags, one-line errors, exit codes."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from ridgeless import ConvergenceError, DomainError
from ridgeless.cli.streams import printing
from simulations.running.signals import handled

__all__ = ["INTERRUPTED", "MISUSED", "command"]

#: Exit codes: bad arguments or surroundings, and Ctrl-C.
MISUSED, INTERRUPTED = 2, 130

Settings = TypeVar("Settings")


def command(
    settings: type[Settings],
    act: Callable[[Settings], int],
    prog: str,
    description: str,
    arguments: Sequence[str] | None = None,
    defaults: Callable[[], Settings] | None = None,
) -> int:
    """Read `settings` from the arguments, act on them and return the exit code.

    Whatever a user can cause and cure is told in one line, without a traceback. `defaults` makes
    the settings that the arguments change. A polite kill (SIGTERM) is taken like Ctrl-C.
    """
    return printing(lambda: _command(settings, act, prog, description, arguments, defaults))


def _command(
    settings: type[Settings],
    act: Callable[[Settings], int],
    prog: str,
    description: str,
    arguments: Sequence[str] | None,
    defaults: Callable[[], Settings] | None,
) -> int:
    try:
        default = settings() if defaults is None else defaults()
        parsed = _parse(default, prog, description, arguments)
        if isinstance(parsed, int):
            return parsed
        with handled(signal.SIGTERM, signal.default_int_handler):
            return act(parsed)
    except (DomainError, NotImplementedError, ConvergenceError) as error:
        return _misused(str(error))
    except ModuleNotFoundError as error:
        extra = "dask" if error.name in ("dask", "distributed") else "sweep"
        return _misused(f"{error.name} is not installed; pip install 'ridgeless[{extra}]'")
    except MemoryError as error:
        return _misused(f"this needs more memory than there is: {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _parse(
    default: Settings, prog: str, description: str, arguments: Sequence[str] | None
) -> Settings | int:
    """Return the settings, or the exit code of --help and of unknown flags."""
    import tyro

    given = list(sys.argv[1:] if arguments is None else arguments)
    for before, word in itertools.pairwise(["an argument", *given]):
        # An empty path would be the current folder.
        if not word or re.fullmatch("--[a-z-]+=", word):
            return _misused(f"{word.rstrip('=') or before} must not be empty")
    told = io.StringIO()
    try:
        with contextlib.redirect_stderr(told):
            return tyro.cli(
                type(default), prog=prog, description=description, args=given, default=default
            )
    except SystemExit as stop:
        if not stop.code:
            return 0
        # A framed message of several lines: its words without the title, in one line.
        body = told.getvalue().split("\n", maxsplit=1)[-1]
        words = re.sub(r"[^\x20-\x7e]+|-{3,}", " ", body)
        return _misused(words)


def _misused(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return MISUSED
