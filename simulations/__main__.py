"""`python -m simulations COMMAND`: the command lines of this package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from simulations.running.command import MISUSED
from simulations.sweep import compare, plot, run, status

COMMANDS = {
    "sweep": run.main,
    "compare": compare.main,
    "plot": plot.main,
    "status": status.main,
}
DOES = {
    "sweep": "theory beside Monte Carlo over spectra, designs and ratios",
    "compare": "z-scores, slopes in 1/d and a verdict for every cell of a sweep",
    "plot": "the figure of a sweep, finished or running",
    "status": "how far a sweep is",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Hand the arguments to the command they name and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    usage = f"usage: python -m simulations {{{','.join(COMMANDS)}}} [--help] ..."
    if given[:1] in (["-h"], ["--help"]):
        print(usage, *(f"  {name:8} {does}" for name, does in DOES.items()), sep="\n")
        print("`--help` after a command lists its options, with examples.")
        return 0
    if not given or given[0] not in COMMANDS:
        print(f"error: name a command; {usage}", file=sys.stderr)
        return MISUSED
    return COMMANDS[given[0]](given[1:])


if __name__ == "__main__":
    sys.exit(main())
