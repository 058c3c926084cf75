"""Ask every front at the edges of its arguments: `python -m benchmarks.fuzz --calls 100000`.

What is asked and what must hold is in tests/fuzz.py. Prints every kind of finding with one question
that shows it, and ends with 1 if there is any; `--write` puts the counts into docs/numerics.md.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

import ridgeless as rl
from simulations.running.pages import rewrite, table
from tests.fuzz import Question, check, questions

PAGE, NAME = Path(__file__).parents[1] / "docs" / "numerics.md", "fuzz"
ROUND = 500  # questions between two looks at the clock
FRONTS = (rl.risk, rl.covariance_risk, rl.ratio_aware_risk)

Findings = dict[str, tuple[int, Question, str]]


def fuzz(
    first: int, seconds: float, calls: float, fronts: tuple[object, ...] = FRONTS
) -> tuple[Counter[str], Findings]:
    """Ask for so long, or so many calls; return the calls by front, and the findings by kind."""
    asked: Counter[str] = Counter()
    findings: Findings = {}
    ends, number = time.monotonic() + seconds, first

    def one(question: Question) -> None:
        try:
            check(question, fronts, asked)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} in {place.name}, line {place.lineno}"
            count = findings[kind][0] if kind in findings else 0
            findings[kind] = count + 1, question, " ".join(str(error).split())[:300]

    while time.monotonic() < ends and asked.total() < calls:
        run = settings(
            max_examples=ROUND,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(questions)(one))
        seed(number)(run)()
        number += 1
    return asked, findings


def report(first: int, asked: Counter[str], findings: Findings) -> str:
    """Return the Markdown between the markers of docs/numerics.md."""
    found = sum(count for count, *_ in findings.values())
    rows = [[f"`{front.__name__}`", f"{asked[front.__name__]:,}"] for front in FRONTS]
    rows.append(["in all", f"{asked.total():,}"])
    said = f"Questions from seed {first} on; answers that broke a rule: {found}."
    return f"{table(['front', 'calls'], rows)}\n\n{said}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long to ask")
    parser.add_argument("--calls", type=float,
                        help="of fronts, at least (10000, if --seconds is not given)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the first round of questions")
    names = [front.__name__ for front in FRONTS[1:]]
    parser.add_argument("--without", choices=names, action="append", help="leave a front out")
    parser.add_argument("--write", action="store_true", help="put the counts into the page")
    chosen = parser.parse_args(arguments)
    fronts = tuple(front for front in FRONTS if front.__name__ not in (chosen.without or ()))
    seconds = math.inf if chosen.seconds is None else chosen.seconds
    default = 10_000 if chosen.seconds is None else math.inf
    calls = default if chosen.calls is None else chosen.calls
    asked, findings = fuzz(chosen.seed, seconds, calls, fronts)
    text = report(chosen.seed, asked, findings)
    print(text)
    for kind, (count, question, said) in findings.items():
        print(f"{count} x {kind}: {said}\n    {question}")
    if chosen.write:
        rewrite(PAGE, text, NAME)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
