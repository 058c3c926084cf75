"""How far two fronts are apart where both are exact: `python -m benchmarks.fronts`.

Linear targets of tests/problems.py through `risk` and through `covariance_risk`, on a covariance
whose eigenvectors are those of a Hadamard matrix: its diagonal is constant. Rewrites a table of
docs/numerics.md.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

import ridgeless as rl
from simulations.running.pages import rewrite, table
from tests.problems import CASES, Case
from tests.reference import PARTS

PAGE, NAME = Path(__file__).parents[1] / "docs" / "numerics.md", "fronts"

COPIES = {4: 1, 5: 4, 10: 2, 12: 1}  # of the eigenvalues, to a size of which there is a matrix
NEGLIGIBLE = 1e-30  # of the total
WELL, ILL = "condition below 100", "condition from $10^6$ on"


def hadamard(size):
    """Return Paley's matrix of signs with orthogonal rows; size - 1 is a prime, 3 modulo 4."""
    prime = size - 1
    squares = {i * i % prime for i in range(1, prime)}
    signs = np.array([0] + [1 if i in squares else -1 for i in range(1, prime)])
    places = np.arange(prime)
    core = signs[np.subtract.outer(places, places) % prime]
    matrix = np.eye(size)
    matrix[0, 1:], matrix[1:, 0] = 1, -1
    matrix[1:, 1:] += core
    return matrix


def covariance(eigenvalues):
    """Return eigenvalues, repeated as needed, and a covariance of constant diagonal with them."""
    values = np.repeat(eigenvalues, COPIES[len(eigenvalues)])
    vectors = hadamard(values.size) / math.sqrt(values.size)
    sigma = (vectors * values) @ vectors.T
    np.fill_diagonal(sigma, values.mean())
    return values, sigma


def apart(case: Case):
    """Return the largest relative difference of a part of the risk, both fronts asked."""
    values, sigma = covariance(case.eigenvalues)
    ratio, options = case.arguments
    short = rl.risk(values, ratio, target=case.target, **options)
    full = rl.covariance_risk(sigma, case.target, ratio, **options)
    worst = 0.0
    for part in PARTS:
        one, other = getattr(short, part), getattr(full, part)
        if one != other:
            worst = max(worst, abs(one - other) / max(one, other, NEGLIGIBLE * short.total))
    return worst


def regime(case: Case):
    """Return the condition and the place of a case."""
    positive = [s for s in case.eigenvalues if s > 0]
    ill = max(positive) >= 1e6 * min(positive)
    return ILL if ill else WELL, "plateau" in case.name or "threshold" in case.name


def worst():
    """Return the worst case of every regime: number of cases, difference, tag."""
    found: dict[tuple[str, bool], list[tuple[float, str]]] = {}
    for case in CASES:
        if isinstance(case.target, rl.LinearTarget):
            found.setdefault(regime(case), []).append((apart(case), case.name))
    return {key: (len(cases), *max(cases)) for key, cases in sorted(found.items(), reverse=True)}


def report():
    """Return the Markdown between the markers of docs/numerics.md."""
    rows = [
        [condition, "beside" if beside else "away from", number, f"{error:.0e}", tag]
        for (condition, beside), (number, error, tag) in worst().items()
    ]
    head = ["spectrum", "a threshold or plateau", "cases", "worst difference of a part", "where"]
    return table(head, rows)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="print only, write nothing")
    chosen = parser.parse_args(arguments)
    text = report()
    print(text)
    if not chosen.dry_run:
        rewrite(PAGE, text, NAME)


if __name__ == "__main__":
    main()
