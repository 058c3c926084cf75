"""Ask every front at the edges of its arguments: `python -m benchmarks.fuzz --seconds 600`.

What is asked and what must hold is in tests/fuzz.py. Prints every kind of finding with one question
that shows it, and ends with 1 if there is any.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import Question, check, questions

ROUND = 500  # questions between two looks at the clock


def fuzz(seconds: float, first: int) -> tuple[Counter[str], dict[str, tuple[int, Question, str]]]:
    """Ask for so long; return what was asked, and the findings by kind."""
    asked: Counter[str] = Counter()
    findings: dict[str, tuple[int, Question, str]] = {}
    ends, number = time.monotonic() + seconds, first

    def one(question: Question) -> None:
        try:
            asked[check(question)] += 1
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} in {place.name}, line {place.lineno}"
            count = findings[kind][0] if kind in findings else 0
            findings[kind] = count + 1, question, " ".join(str(error).split())[:300]
            asked["finding"] += 1

    while time.monotonic() < ends:
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


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to ask")
    parser.add_argument("--seed", type=int, default=0, help="of the first round of questions")
    chosen = parser.parse_args(arguments)
    asked, findings = fuzz(chosen.seconds, chosen.seed)
    shown = ", ".join(f"{count} {what}" for what, count in asked.most_common())
    print(f"{sum(asked.values())} questions from seed {chosen.seed}: {shown}")
    for kind, (count, question, said) in findings.items():
        print(f"{count} x {kind}: {said}\n    {question}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
