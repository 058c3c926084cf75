"""What a trial costs beside the calls it cannot avoid: `python -m benchmarks.simulation`.

Prints four tables: a trial over the sum of its linear algebra, two workers against one, exact
averages against random signs, and the memory of a worker at d = 4000.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from functools import partial

import numpy as np
from scipy.linalg import cho_solve
from scipy.linalg.lapack import dpotrf, dpotri
from threadpoolctl import threadpool_limits

import ridgeless as rl
from benchmarks.timing import one_core, race
from simulations import Problem, simulate_risks
from simulations.ledger import BATCH
from simulations.runner import seed_sequence
from simulations.trial import COLUMNS, PROBES, errors, run_trial

P = 0.5
LINEAR = rl.LinearTarget(snr=4.0)


def problem(d, gamma, target):
    spectrum = rl.Spectrum.power_law(0.7, d)
    return Problem(spectrum, P, aspect_ratio=gamma, target=target, dimension=d)


def unavoidable(d, gamma, target):
    """Return the linear algebra of one trial, on tables that are there already."""
    n = round(d / gamma)
    rng = np.random.default_rng(0)
    rows, root, beta = (rng.standard_normal((size, d)) for size in (n, d, d))
    covariance = root.T @ root
    linear = isinstance(target, rl.LinearTarget)
    count = n if linear else round(n * P)  # rows in which the target feature is masked
    masked = rows[:count] * (rng.random((count, d)) < P)
    side = masked if count > d else masked.T

    def draw():
        return rng.standard_normal((n, d)) @ root

    def factor():
        gram = side.T @ side
        gram.flat[:: gram.shape[0] + 1] += 1.0
        return dpotrf(np.asfortranarray(gram), lower=1, overwrite_a=1)[0]

    cholesky = factor()

    def solve(responses):
        if count > d:
            return cho_solve((cholesky, True), masked.T @ responses, check_finite=False)
        return masked.T @ cho_solve((cholesky, True), responses, check_finite=False)

    def evaluate():
        """Solve for every direction and the noise; every solution costs a product with Sigma."""
        miss = beta - solve(rows[:count] @ beta)
        np.einsum("ij,ij", miss, covariance @ miss)
        if count > d:
            np.einsum("ij,ij", dpotri(cholesky, lower=1)[0], covariance)
        else:
            units = solve(np.eye(count))
            np.einsum("ij,ij", units, covariance @ units)

    if linear:
        return {"draw": draw, "factor": factor, "evaluate": evaluate}
    few = rng.standard_normal((count, 1 + PROBES))

    def columns():
        for _ in range(COLUMNS):
            factor()
            found = solve(few)
            np.einsum("ij,ij->j", found, covariance @ found)

    return {"draw": draw, "columns": columns}


def trial_table(sizes, seconds):
    print("\na trial / the sum of the calls it cannot avoid (one thread; at most 1.3)")
    for d in sizes:
        for gamma in (0.25, 2.0):
            for target in (LINEAR, rl.MaskedFeature()):
                cell = problem(d, gamma, target)
                root = seed_sequence(0)
                readouts = [cell.readout]
                calls = {"trial": partial(run_trial, cell.sampling, readouts, root, 0)}
                with one_core(), threadpool_limits(1):
                    best = race(calls | unavoidable(d, gamma, target), seconds)
                floor = sum(t for name, t in best.items() if name != "trial")
                name = type(target).__name__
                print(f"d = {d}, d/n = {gamma:g}, {name}: {best['trial'] / floor:.2f}")
    four = [
        problem(sizes[-1], 2.0, target).readout
        for target in (LINEAR, rl.LinearTarget(1.0), rl.LinearTarget(16.0), rl.LinearTarget(64.0))
    ]
    cell = problem(sizes[-1], 2.0, LINEAR)
    calls = {
        "one": lambda: run_trial(cell.sampling, four[:1], root, 0),
        "four": lambda: run_trial(cell.sampling, four, root, 0),
    }
    with one_core(), threadpool_limits(1):
        best = race(calls, seconds)
    print(f"four readouts / one: {best['four'] / best['one']:.2f}")


def worker_table(d, trials):
    """Two workers, and what two processes that know nothing of each other would gain."""
    print("\ntwo workers against one (at least 1.8, or as much as the machine gives)")
    cells = [problem(d, gamma, LINEAR) for gamma in (0.5, 2.0)]
    for jobs in (2, 1):  # starts the pool, draws populations
        simulate_risks(cells, trials=4 * BATCH, rng=1, jobs=jobs)
    seconds = {}
    for jobs in (1, 2, 1, 2):
        start = time.perf_counter()
        simulate_risks(cells, trials=trials, rng=1, jobs=jobs)
        seconds[jobs] = min(time.perf_counter() - start, seconds.get(jobs, np.inf))
    print(f"d = {d}, {2 * trials} trials: {seconds[1] / seconds[2]:.2f} times as fast")
    gains = []
    for _ in range(2):
        alone, together = _processes(1), _processes(2)
        gains.append(2 * alone / together)
    print(f"matrix products in two processes, without joblib: {max(gains):.2f} times as fast")


def _processes(count):
    """Return the seconds that the slowest of some processes takes for products of matrices."""
    work = (
        "import time, numpy as np; from threadpoolctl import threadpool_limits\n"
        "x = np.random.default_rng(0).standard_normal((800, 800))\n"
        "with threadpool_limits(1):\n"
        "    start = time.perf_counter()\n"
        "    for _ in range(100): x @ x\n"
        "print(time.perf_counter() - start)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.PIPE) for _ in range(count)
    ]
    return max(float(process.communicate()[0]) for process in running)


def noise_table(d, trials):
    """Variance times seconds of a trial: the smaller, the less work for the same error."""
    print("\nrandom signs / exact average: variance x seconds (above 1: exact is better)")
    for gamma in (0.25, 2.0):
        cell = problem(d, gamma, LINEAR)
        population = cell.sampling.design.population(
            cell.sampling.spectrum, np.random.default_rng(0)
        )
        n, root = cell.sampling.samples, seed_sequence(0)
        run_trial(cell.sampling, [cell.readout], root, 0)  # draws the population that all share
        scale = 1 / np.sqrt(population.eigenvalues.sum())
        basis = population.eigenvectors * scale
        for signs in (4, 16, 64):
            exact, random, seconds = [], [], np.zeros(2)
            for k in range(trials):
                with threadpool_limits(1):
                    start = time.perf_counter()
                    parts = run_trial(cell.sampling, [cell.readout], root, k)
                    exact.append(parts.sum())
                    middle = time.perf_counter()
                    random.append(_signs(cell, population, basis, n, signs, k))
                    seconds += middle - start, time.perf_counter() - middle
            cost = np.var(exact) * seconds[0], np.var(random) * seconds[1]
            print(f"d = {d}, d/n = {gamma:g}, {signs} signs: {cost[1] / cost[0]:.1f}")


def _signs(cell, population, basis, n, signs, seed):
    from simulations.estimators import Gram, Ridge

    rng = np.random.default_rng(seed)
    rows = cell.sampling.design.draw(population, n, rng)
    masked = rows * (rng.random(rows.shape, dtype=np.float32) >= P)
    beta = basis @ rng.choice([-1.0, 1.0], (rows.shape[1], signs))
    noise = rng.choice([-1.0, 1.0], (n, signs))
    found = Ridge(Gram(masked), 0.0).coefficients(np.column_stack([rows @ beta, noise]))
    signal = errors(population, 0.0, beta, found[:, :signs]).mean()
    return signal + 0.25 * errors(population, 0.0, 0.0, found[:, signs:]).mean()


def memory(d, gamma, name):
    target = LINEAR if name == "linear" else rl.MaskedFeature()
    cell = problem(d, gamma, target)
    with threadpool_limits(1):
        run_trial(cell.sampling, [cell.readout], seed_sequence(0), 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"d = {d}, d/n = {gamma:g}, {name}: {peak:.2f} GiB (at most 2)", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[400, 800])
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    parser.add_argument("--memory", nargs=3, metavar=("D", "D/N", "TARGET"), help="one trial")
    options = parser.parse_args()
    if options.memory:
        d, gamma, name = options.memory
        memory(int(d), float(gamma), name)
        return
    trial_table(options.sizes, options.seconds)
    worker_table(400, 64)
    noise_table(400, 24)
    print("\nmemory of a worker")
    for gamma, name in (("0.25", "linear"), ("2", "linear"), ("0.25", "feature")):
        command = [sys.executable, "-m", "benchmarks.simulation", "--memory", "4000", gamma, name]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
