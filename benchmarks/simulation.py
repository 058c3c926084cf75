"""What a trial costs beside the calls it cannot avoid: `python -m benchmarks.simulation`.

Prints four tables: a trial over the sum of its linear algebra, two workers against one, exact
averages against random signs, and the memory of a worker at d = 4000. Times are processor time of
calls that take turns, and a ratio is the median over the turns: other processes disturb both alike.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from functools import partial

import numpy as np
import psutil
from scipy.linalg import cho_solve
from scipy.linalg.lapack import dpocon, dpotrf, dpotri
from threadpoolctl import threadpool_limits

import ridgeless as rl
from simulations import Problem, simulate_risks
from simulations.collection.ledger import BATCH
from simulations.collection.runner import run_batch, seed_sequence
from simulations.trials.estimators.linear import LinearRegressions
from simulations.trials.inputs import UNMASKED
from simulations.trials.sample import MaskedRows
from simulations.trials.trial import (
    COLUMNS,
    PROBES,
    Stream,
    draw,
    random_numbers,
    regressions,
    run_trial,
)

P = 0.5
LINEAR = rl.LinearTarget(snr=4.0)


def problem(d, gamma, target):
    spectrum = rl.Spectrum.power_law(0.7, d)
    return Problem(spectrum, P, aspect_ratio=gamma, target=target, dimension=d)


def unavoidable(d, gamma, target):
    """Return the calls of one trial, on tables that are there already.

    First its linear algebra, then what a trial with masks and a fallback also has to do.
    """
    n = round(d / gamma)
    rng = np.random.default_rng(0)
    rows, root, beta = (rng.standard_normal((size, d)) for size in (n, d, d))
    covariance = root.T @ root
    ratios = np.full((n, 1, 1), P, dtype=np.float32)
    linear = isinstance(target, rl.LinearTarget)
    count = n if linear else round(n * P)  # rows in which the target feature is masked
    masked = rows[:count] * (rng.random((count, d)) < P)
    side = masked if count > d else masked.T

    def rows_drawn():
        return rng.standard_normal((n, d)) @ root

    def masks_drawn():
        return rng.random((n, 1, d), dtype=np.float32) >= ratios

    def factor():
        gram = side.T @ side
        gram.flat[:: gram.shape[0] + 1] += 1.0
        return dpotrf(np.asfortranarray(gram), lower=1, overwrite_a=1)[0]

    def condition():
        """Tell whether the factor can be used."""
        return dpocon(cholesky, float(np.abs(cholesky).sum(axis=0).max()), uplo="L")

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
        calls = {"draw": rows_drawn, "factor": factor, "evaluate": evaluate}
        return calls, {"masks": masks_drawn, "condition": condition}
    few = rng.standard_normal((count, 1 + PROBES))

    def columns():
        for _ in range(COLUMNS):
            factor()
            found = solve(few)
            np.einsum("ij,ij->j", found, covariance @ found)

    conditions = [condition] * COLUMNS
    return {"draw": rows_drawn, "columns": columns}, {
        "masks": masks_drawn,
        "conditions": lambda: [call() for call in conditions],
    }


def turns(calls, seconds):
    """Return the processor seconds of calls that take turns, an array of shape (turns,) each."""
    spent = {name: [] for name in calls}
    started = time.perf_counter()
    while time.perf_counter() - started < seconds or len(spent[next(iter(calls))]) < 7:
        for name, call in calls.items():
            before = time.thread_time()
            call()
            spent[name].append(time.thread_time() - before)
    return {name: np.array(times) for name, times in spent.items()}


def trial_table(sizes, seconds):
    print("\na trial / the sum of the calls it cannot avoid (one thread; at most 1.3)")
    print("in parentheses: with the drawing of masks and the condition number among the calls")
    for d in sizes:
        for gamma in (0.25, 2.0):
            for target in (LINEAR, rl.MaskedFeature()):
                cell = problem(d, gamma, target)
                trial = partial(run_trial, cell.sampling, [cell.readout], seed_sequence(0), 0)
                algebra, rest = unavoidable(d, gamma, target)
                with threadpool_limits(1):
                    spent = turns({"trial": trial} | algebra | rest, seconds)
                floor = sum(spent[name] for name in algebra)
                whole = floor + sum(spent[name] for name in rest)
                least, most = (np.median(spent["trial"] / f) for f in (whole, floor))
                name = type(target).__name__
                print(f"d = {d}, d/n = {gamma:g}, {name}: {most:.2f} ({least:.2f})", flush=True)
    tasks = [rl.LinearTarget(snr) for snr in (4.0, 1.0, 16.0, 64.0)]
    cell = problem(sizes[-1], 2.0, LINEAR)
    four = [problem(sizes[-1], 2.0, target).readout for target in tasks]
    calls = {
        name: partial(run_trial, cell.sampling, readouts, seed_sequence(0), 0)
        for name, readouts in (("one", four[:1]), ("four", four))
    }
    with threadpool_limits(1):
        spent = turns(calls, seconds)
    print(f"four readouts / one: {np.median(spent['four'] / spent['one']):.2f}")


def worker_table(d, trials):
    """Two workers, and what two processes that know nothing of each other would gain."""
    print("\ntwo workers against one (at least 1.8, or as much as the machine gives)")
    cells = [problem(d, gamma, LINEAR) for gamma in (0.5, 2.0)]
    for jobs in (2, 1):  # starts the pool, draws populations
        simulate_risks(cells, trials=4 * BATCH, rng=1, jobs=jobs)
    walls, busiest = {1: [], 2: []}, {1: [], 2: []}
    for jobs in (1, 2) * 4:
        before, start = _spent(), time.perf_counter()
        simulate_risks(cells, trials=trials, rng=1, jobs=jobs)
        walls[jobs].append(time.perf_counter() - start)
        busiest[jobs].append(max(t - before.get(pid, 0.0) for pid, t in _spent().items()))
    one, two = (np.median(busiest[jobs]) for jobs in (1, 2))
    gains = np.divide(walls[1], walls[2])
    shown = ", ".join(f"{gain:.2f}" for gain in gains)
    print(f"d = {d}, {2 * trials} trials: {np.median(gains):.2f} times as fast ({shown})")
    print(f"processor time of one process / of the busier worker: {one / two:.2f}")
    gains = []
    for _ in range(2):
        alone, together = _processes(1), _processes(2)
        gains.append(2 * alone / together)
    print(f"matrix products in two processes, without joblib: {max(gains):.2f} times as fast")


def _spent():
    """Return the processor seconds of this process and of its workers so far."""
    me = psutil.Process()
    return {p.pid: sum(p.cpu_times()[:2]) for p in (me, *me.children(recursive=True))}


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


def noise_table(trials):
    """Variance times seconds of a trial: the smaller, the less work for the same error."""
    print(f"\nrandom signs / exact average: variance x seconds of {trials} trials")
    print("(above 1: exact is better)")
    for d, target, evaluate in ((400, LINEAR, _linear), (200, rl.MaskedFeature(), _features)):
        for gamma in (0.25, 2.0):
            cell = problem(d, gamma, target)
            risks = {signs: [] for signs in (0, 1, 4, 16, 64)}  # 0: exact
            seconds = dict.fromkeys(risks, 0.0)
            for k in range(trials):
                for signs, found in risks.items():
                    with threadpool_limits(1):
                        start = time.thread_time()
                        found.append(evaluate(cell, k, signs))
                        seconds[signs] += time.thread_time() - start
            cost = {signs: np.var(found) * seconds[signs] for signs, found in risks.items()}
            shown = ", ".join(f"{signs}: {cost[signs] / cost[0]:.2f}" for signs in cost if signs)
            print(f"d = {d}, d/n = {gamma:g}, {type(target).__name__}: {shown}", flush=True)


def _drawn(cell, number):
    """Return rows and masks, and random numbers for the rest."""
    root, sampling = seed_sequence(0), cell.sampling
    rng = random_numbers(root, sampling.id, number, Stream.FEATURES)
    return draw(sampling, root, number), rng


def _linear(cell, number, signs):
    """Return the risk of the linear task with random signs for beta and noise; 0: exact."""
    if signs == 0:
        return run_trial(cell.sampling, [cell.readout], seed_sequence(0), number).sum()
    sample, rng = _drawn(cell, number)
    population, n = sample.population, cell.sampling.samples
    scale = 1 / np.sqrt(population.eigenvalues.sum())
    beta = population.eigenvectors @ (
        scale * rng.choice([-1.0, 1.0], (cell.sampling.dimension, signs))
    )
    noise = rng.choice([-1.0, 1.0], (n, signs))
    fit = LinearRegressions(MaskedRows(sample, None)).fit(0.0)
    found = fit.coefficients(np.column_stack([sample.rows @ beta, noise]))
    signal = sample.inputs.errors(UNMASKED, beta, found[:, :signs]).mean()
    return signal + 0.25 * sample.inputs.errors(UNMASKED, 0.0, found[:, signs:]).mean()


def _features(cell, number, signs):
    """Return the mean risk of some masked features with random signs for the noise; 0: exact."""
    sample, rng = _drawn(cell, number)
    population, n = sample.population, cell.sampling.samples
    columns = rng.permutation(cell.sampling.dimension)[:COLUMNS]
    beta, variances = regressions(population, columns)
    predictable, total = sample.rows @ beta, 0.0
    for i, column in enumerate(columns.tolist()):
        masked = MaskedRows(sample, ~sample.keep[:, :, column], column)
        fit = LinearRegressions(masked).fit(0.0)
        noise = rng.choice([-1.0, 1.0], (n, signs))
        found = fit.coefficients(np.column_stack([predictable[:, i], noise]))
        total += sample.inputs.errors(UNMASKED, beta[:, [i]], found[:, :1]).sum()
        if signs:
            total += variances[i] * sample.inputs.errors(UNMASKED, 0.0, found[:, 1:]).mean()
        else:
            total += variances[i] * fit.noise_trace(UNMASKED)
    return total / columns.size


def memory(d, gamma, name, masks):
    """Print the peak of two trials with a ridge and masked test inputs."""
    target = LINEAR if name == "linear" else rl.MaskedFeature()
    spectrum = rl.Spectrum.power_law(0.7, d)
    rest = {"dimension": d, "ridge": 0.01, "test_mask_ratio": 0.3, "masks_per_sample": masks}
    cell = Problem(spectrum, P, aspect_ratio=gamma, target=target, **rest)
    run_batch(cell.sampling, [cell.readout], seed_sequence(0), 0, range(2))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    what = f"d = {d}, d/n = {gamma:g}, {name}, {masks:g} masks per sample"
    print(f"{what}: {peak:.2f} GiB (at most 2)", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[400, 800])
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    parser.add_argument("--memory", nargs=4, metavar=("D", "D/N", "TARGET", "MASKS"))
    options = parser.parse_args()
    if options.memory:
        d, gamma, name, masks = options.memory
        memory(int(d), float(gamma), name, float(masks))
        return
    trial_table(options.sizes, options.seconds)
    worker_table(400, 300)
    noise_table(192)
    print("\nmemory of a worker")
    for case in ("0.25 linear 1", "2 linear 1", "0.25 feature 1", "0.25 feature inf"):
        command = [sys.executable, "-m", "benchmarks.simulation", "--memory", "4000", *case.split()]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
