"""Draw the figure of a sweep again, or of the part that is done."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import ridgeless as rl
from simulations.running.command import command
from simulations.running.progress import under_way
from simulations.sweep.run import load, table
from simulations.sweep.settings import Folder

__all__ = ["main"]

DESCRIPTION = """Draw sweep.png from what a sweep, finished or running, has in its folder.

example:
  python -m simulations plot --output results/tails
"""


def run_plot(settings: Folder) -> int:
    """Draw the cells that have an estimate."""
    from simulations.sweep.figure import plot_sweep

    _, cells, ledger = load(settings.output)
    shown = [cell for cell in cells if ledger.estimate(cell.problem) is not None]
    if not shown:
        raise rl.DomainError(f"{settings.output} has no finished batch yet")
    path = settings.output / "sweep.png"
    with under_way(f"theory and figure of {len(shown)} cells"):
        plot_sweep(shown, table(shown, ledger), path)
    print(f"wrote {path} with {len(shown)} of {len(cells)} cells")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return command(Folder, run_plot, "python -m simulations plot", DESCRIPTION, arguments)


if __name__ == "__main__":
    sys.exit(main())
