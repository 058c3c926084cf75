"""The engine of rows, in units of the work that it cannot avoid: `python -m benchmarks.rows`.

A unit is a weighted Gram product of the rows, a Cholesky factor and a triangular solve with the
rows: what one step of the iteration needs at least. Rewrites a table of docs/performance.md.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from pathlib import Path

import numpy as np

import ridgeless as rl
from benchmarks.timing import one_core
from simulations.running.pages import rewrite, table

PAGE, NAME = Path(__file__).parents[1] / "docs" / "performance.md", "rows"

#: Samples of a population, and features.
SIZES = ((400, 100), (1600, 100), (6400, 100), (1600, 200), (1600, 400), (1600, 800), (800, 1600))
JUDGED = (1600, 400)
CURVE = np.linspace(0.05, 0.9, 20)


def rows_of(samples, features):
    """Return rows of a power law, and labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(samples, features)) * np.arange(1, features + 1) ** -0.4
    return X, X[:, :20].sum(axis=1) + rng.normal(size=samples)


def unit(X):
    """Return the least work of one step, by features or by the kernel, whichever is smaller."""
    from scipy.linalg import blas, cholesky, lapack

    if X.shape[1] > X.shape[0]:
        kernel = X @ X.T

        def dual():
            shifted = kernel.copy()
            shifted[np.diag_indices_from(shifted)] += 1.0
            return lapack.dpotri(cholesky(shifted, lower=True), lower=1, overwrite_c=1)

        return dual

    def primal():
        rows = 1.1 * X
        gram = rows.T @ rows
        gram[np.diag_indices_from(gram)] += 1.0
        lower = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        return blas.dtrsm(1.0, lower, rows.T, lower=1, overwrite_b=1)

    return primal


def call(X, y, ratio):
    """Return a call on one population: all rows, a quarter of them as samples."""
    options = {"samples": len(X) // 4, "population": len(X), "replicates": 1, "ridge": 1e-2}
    return lambda: rl.rows_risk(X, ratio, target=y, rng=0, **options)


def memory(act):
    """Return the largest number of floats held at once."""
    tracemalloc.start()
    act()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 8


def processor(calls, turns):
    """Return the median processor time of each call; they take turns, on one core."""
    found = {name: [] for name in calls}
    with one_core():
        for call in calls.values():
            call()
        for _ in range(turns):
            for name, call in calls.items():
                before = time.process_time()
                call()
                found[name].append(time.process_time() - before)
    return {name: float(np.median(times)) for name, times in found.items()}


def measured(sizes=SIZES, turns=5):
    """Return lines of the table, and the two figures that have a target."""
    lines, judged = [], {}
    for samples, features in sizes:
        X, y = rows_of(samples, features)
        calls = {"unit": unit(X), "call": call(X, y, 0.4)}
        if (samples, features) == JUDGED:
            calls["curve"] = call(X, y, CURVE)
        seconds = processor(calls, turns)
        ratio = seconds["call"] / seconds["unit"]
        tables = memory(calls["call"]) / (samples * features + min(samples, features) ** 2)
        lines.append(
            [samples, features, f"{1e3 * seconds['unit']:.2g}", f"{ratio:.0f}", f"{tables:.0f}"]
        )
        if "curve" in seconds:
            judged = {"call": ratio, "curve": seconds["curve"] / seconds["call"]}
    return lines, judged


def report():
    lines, judged = measured()
    head = ["M", "P", "unit, ms", "one call, units", "memory, tables of M P + min(M, P)²"]
    samples, features = JUDGED
    return (
        f"One call at M = {samples}, P = {features} costs {judged['call']:.0f} units (at most 30), "
        f"and a curve of {len(CURVE)} mask ratios {judged['curve']:.0f} such calls (at most "
        f"{len(CURVE)}). Where features are more than rows, the unit is a Cholesky factor of the "
        f"kernel and its inverse.\n\n{table(head, lines)}"
    )


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rows", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="print only, write nothing")
    chosen = parser.parse_args()
    text = report()
    print(text)
    if not chosen.dry_run:
        rewrite(PAGE, text, NAME)


if __name__ == "__main__":
    main()
