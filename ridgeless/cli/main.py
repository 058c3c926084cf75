"""One run of the command line, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ridgeless.cli import arguments as words
from ridgeless.cli.streams import printing
from ridgeless.errors import ConvergenceError, DomainError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for a user's mistake, 130 for Ctrl-C."""
    return printing(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        chosen = words.parser().parse_args(arguments)
        chosen.run(chosen)
    except (DomainError, NotImplementedError, ConvergenceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except MemoryError as error:
        print(f"error: this needs more memory than there is: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0
