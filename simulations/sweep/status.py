"""How far a sweep is."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from simulations.collection.store import NAME, is_locked
from simulations.running.command import command
from simulations.sweep.run import load
from simulations.sweep.settings import Folder

__all__ = ["main"]

DESCRIPTION = """Say how far a sweep is, and whether a process is working on it.

example:
  python -m simulations status --output results/tails
"""


def run_status(settings: Folder) -> int:
    """Print the state of a store."""
    _, cells, ledger = load(settings.output)
    running = "running" if is_locked(settings.output / NAME) else "not running"
    finished = sum(ledger.is_finished(cell.problem) for cell in cells)
    print(
        f"{settings.output}: {running}; {ledger.done_trials} of {ledger.total_trials} trials, "
        f"{finished} of {len(cells)} cells finished"
    )
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return command(Folder, run_status, "python -m simulations status", DESCRIPTION, arguments)


if __name__ == "__main__":
    sys.exit(main())
