"""Measure every figure and rewrite the tables of docs/performance.md: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np

import ridgeless as rl
from benchmarks import contests
from benchmarks.accuracy import worst_errors
from benchmarks.cold_start import cold_start
from benchmarks.contests import OURS
from benchmarks.floor import passes, vector_passes
from benchmarks.timing import one_core, race
from simulations.running.pages import rewrite, table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def number(x):
    """Two or three significant digits, as in 0.42, 61 or 4.7e-04."""
    if 0.01 <= abs(x) < 100:
        return f"{x:.2g}"
    return f"{x:.0f}" if 100 <= abs(x) < 1e5 else f"{x:.1e}"


def cpu():
    """Return the model of the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def machine():
    """Say what the figures were measured on and with."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))
    values = contests.power_law(2000)
    with one_core():
        calls = {"plain": lambda: passes(values, 500), "vector": lambda: vector_passes(values, 500)}
        plain, vector = (x / 500 / values.size * 1e9 for x in race(calls).values())
    return (
        f"Measured on {cpu()}, {os.cpu_count()} cores, with ridgeless {rl.__version__}, Python "
        f"{platform.python_version()}, {packages}. One pass costs {plain:.2f} ns per eigenvalue, "
        f"{vector:.2f} ns vectorised: against such passes a ratio is {plain / vector:.1f} times as "
        "large."
    )


def required_table(budget):
    rows = []
    for contest in contests.required():
        seconds = contest.seconds(budget)
        ours, beside = list(seconds)
        ratio = seconds[ours] / seconds[beside]
        verdict = "yes" if ratio <= contest.target else "no"
        row = [contest.label, beside, f"{ratio:.3g}", f"{contest.target:g}", verdict]
        rows.append(row)
    return table(["figure", "measured against", "ratio", "at most", "met"], rows)


def start_table(repeats):
    bare, compiling, warm = cold_start(repeats)
    rows = [
        ["`import numba, numpy` alone", f"{bare:.2f}", "", ""],
        ["first answer, compiled code cached", f"{warm:.2f}", "1.5", "yes" if warm < 1.5 else "no"],
        ["first answer ever, compiling", f"{compiling:.1f}", "", ""],
    ]
    return table(["whole process", "seconds", "below", "met"], rows)


def job_table(budget, d=2000, cells=100):
    """The common job: time as a multiple of ours, and errors there and at harder cells."""
    contest = contests.common_job(d, cells)
    seconds = contest.seconds(budget)
    problem = contests.ar1_problem(d)
    hard = {
        f"ridge 1e-3, {cells} ratios": (np.geomspace(0.1, 10, cells), 1e-3),
        "ratio 1.01, ridge 1e-10": (1.01, 1e-10),
        "ratio 1.0001, ridge 1e-14": (1.0001, 1e-14),
    }
    errors = {name: worst_errors(problem, *cell) for name, cell in hard.items()}
    rows = []
    for name in [*seconds, "textbook formulas, exact root"]:
        time = number(seconds[name] / seconds[OURS]) if name in seconds else ""
        rows.append(
            [name, time, *("" if name not in e else f"{e[name]:.0e}" for e in errors.values())]
        )
    return table(["method", "time / ridgeless", *(f"error at {name}" for name in hard)], rows)


def dimension_table(budget, sizes=(100, 1000, 10_000, 100_000, 1_000_000)):
    rows = []
    for d in sizes:
        spectrum = rl.Spectrum(contests.power_law(d))
        curve = list(contests.curve(d).seconds(budget).values())
        first = list(contests.first_use(d).seconds(budget).values())
        nodes = spectrum.nodes.values.size
        rows.append([f"{d:.0e}", nodes, number(curve[0] / curve[1]), number(first[0] / first[1])])
    return table(
        ["d", "nodes", "100-point curve / 500 passes", "first use, one cell / 5 passes"], rows
    )


def grid_table(budget, sizes=(1, 10, 100, 1000, 10_000, 100_000)):
    rows = []
    for cells in sizes:
        contest = contests.grid(min(cells, 1000))
        spectrum = rl.Spectrum(contests.power_law(2000))
        ratios = contests.mask_ratios(cells)
        call = {OURS: lambda x=spectrum, p=ratios: rl.risk(x, p)}
        floor = list(contest.calls)[1]
        calls = call | {floor: contest.calls[floor]}
        with one_core():
            single = race(calls, budget)
        every = race(call, budget)
        ratio = single[OURS] / (single[floor] * cells / min(cells, 1000))
        rows.append([f"{cells:.0e}", number(ratio), number(single[OURS] / every[OURS])])
    return table(["cells", "time / 5 passes per cell", "gain from all cores"], rows)


def law_table(budget, sizes=(1, 2, 4, 8, 16, 32, 64, 128)):
    rows = []
    for atoms in sizes:
        seconds = list(contests.law_nodes(atoms).seconds(budget).values())
        rows.append([atoms, number(seconds[0] / seconds[1])])
    return table(["atoms of the law", "time / one fixed ratio"], rows)


def report(budget, repeats):
    """Measure everything; return the Markdown between the markers."""
    sections = [
        machine(),
        "## Figures with a target\n\n" + required_table(budget),
        "## The first answer of a process\n\n" + start_table(repeats),
        "## The same job written by hand\n\n" + job_table(budget),
        "## Growth with the number of eigenvalues\n\n" + dimension_table(budget),
        "## Growth with the grid\n\n" + grid_table(budget),
        "## Growth with the nodes of a law\n\n" + law_table(budget),
    ]
    return "\n\n".join(sections)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each figure")
    parser.add_argument("--dry-run", action="store_true", help="print only, write nothing")
    arguments = parser.parse_args()
    text = report(arguments.seconds, repeats=10)
    print(text)
    if not arguments.dry_run:
        rewrite(PAGE, text)


if __name__ == "__main__":
    main()
