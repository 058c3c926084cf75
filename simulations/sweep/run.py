"""Theory beside Monte Carlo over spectra, designs and ratios, from the command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

import ridgeless as rl
from ridgeless.checks import count
from ridgeless.cli.files import write_text
from simulations.collection.ledger import Ledger
from simulations.collection.runner import run, seed_sequence
from simulations.collection.store import NAME, BatchFile, read_batches
from simulations.running.backends import backend
from simulations.running.command import INTERRUPTED, command
from simulations.running.memory import require
from simulations.running.progress import bar, under_way
from simulations.running.provenance import provenance
from simulations.sweep.settings import Cell, Sweep, differences, read_settings
from simulations.sweep.table import Row, render, summarize, write_csv
from simulations.trials.rows_theory import rows_theory
from simulations.trials.sampling import POPULATION

__all__ = ["load", "main", "table"]

DESCRIPTION = """Compare the predicted test risk of masked regression with simulations of it.

Writes batches.csv (the trials, as they are done), summary.csv, sweep.png and provenance.json to
the output folder. A run that was stopped, by whatever, goes on with the same command, and ends
with the same summary.csv to the last byte.

examples:
  the default: three synthetic spectra and one real data set, in about a minute
    python -m simulations.sweep
  heavy-tailed rows at three sizes, a downstream task, until errors are below 1 %
    python -m simulations.sweep --spectrum power_law:0.7 --design gaussian student:3
    --dimension 200 400 800 --target linear --snr 1 4 --trials 400 --max-relative-error 0.01
    --output results/tails
  the same again with another seed, on a Dask cluster
    python -m simulations.sweep --config results/tails/provenance.json --rng 1 --backend dask
    --output results/again
"""
RECORD = "provenance.json"


def run_sweep(settings: Sweep) -> int:
    """Run what is missing of a sweep, write its files and return the exit code."""
    start = time.monotonic()
    _require_memory(settings, settings.largest)
    cells = settings.cells()
    ledger = _ledger(settings, cells)
    # What cannot be done is said before anything is written.
    root = seed_sequence(settings.rng)
    if settings.jobs is not None:
        count("jobs", settings.jobs)
    workers = min(settings.jobs or os.cpu_count() or 1, sum(1 for _ in ledger.missing()))
    for experiment in ledger.experiments.values():
        sampling = experiment.sampling
        _require_memory(settings, sampling.dimension, sampling.least_bytes, workers)
    with under_way(f"theory of {len(cells)} cells"):
        theories = [cell.problem.theory() for cell in cells]
    if settings.dry_run:
        return _dry_run(cells, theories, ledger)
    folder = settings.output
    folder.mkdir(parents=True, exist_ok=True)
    _check(settings)
    with BatchFile.open(folder / NAME) as store:
        # Again: another process may have come first.
        if not _check(settings):
            _write_record(settings, None)
        store.resume(ledger)
        interrupted = _simulate(settings, cells, ledger, store, root)
        store.verify()
    finished = [cell for cell in cells if ledger.is_finished(cell.problem)]
    with under_way(f"table and figure of {len(finished)} cells"):
        rows = table(finished, ledger)
        if rows:
            _write(settings, finished, rows, time.monotonic() - start)
    if interrupted:
        print(
            f"interrupted: {len(rows)} of {len(cells)} cells are finished, and all trials are kept "
            f"in {folder}; the same command goes on",
            file=sys.stderr,
        )
    return INTERRUPTED if interrupted else 0


def _ledger(settings: Sweep, cells: Sequence[Cell]) -> Ledger:
    problems = [cell.problem for cell in cells]
    return Ledger(problems, settings.trials, settings.max_relative_error)


def _require_memory(
    settings: Sweep, dimension: int, needed: float | None = None, workers: int = 1
) -> None:
    """Refuse trials for which this machine is too small; a dry run and Dask have none here."""
    if settings.dry_run or settings.backend == "dask":
        return
    least = 8.0 * POPULATION * dimension**2 if needed is None else needed
    require(least, f"a trial with d = {dimension}", workers)


def load(folder: Path) -> tuple[Sweep, list[Cell], Ledger]:
    """Return the settings, cells and batches of a finished or running store."""
    if not (folder / NAME).exists():
        raise rl.DomainError(f"{folder} must hold a sweep, got no {NAME} there")
    settings = read_settings(folder / RECORD)
    cells = settings.cells()
    ledger = _ledger(settings, cells)
    read_batches(folder / NAME, ledger)
    return settings, cells, ledger


def table(cells: Sequence[Cell], ledger: Ledger) -> list[Row]:
    """Return theory beside Monte Carlo, for the cells with at least two trials."""
    estimates = [(cell, ledger.estimate(cell.problem)) for cell in cells]
    return [
        Row.of(cell, cell.problem.theory(), e, rows_theory(cell.problem))
        for cell, e in estimates
        if e is not None
    ]


def _check(settings: Sweep) -> bool:
    """Return whether the folder holds this sweep already; refuse one that holds another."""
    path = settings.output / RECORD
    if not path.exists() and not _has_batches(settings.output):
        return False
    other = differences(settings.record(), read_settings(path).record())
    if other:
        raise rl.DomainError(
            f"{settings.output} holds a sweep with other settings ({', '.join(other)}); "
            "choose another --output, or delete that folder"
        )
    return True


def _has_batches(folder: Path) -> bool:
    path = folder / NAME
    return path.exists() and path.stat().st_size > 0


def _write_record(settings: Sweep, seconds: float | None) -> None:
    record = provenance("python -m simulations.sweep", settings.record(), seconds)
    write_text(settings.output / RECORD, json.dumps(record, indent=2) + "\n")


def _simulate(
    settings: Sweep,
    cells: Sequence[Cell],
    ledger: Ledger,
    store: BatchFile,
    root: np.random.SeedSequence,
) -> bool:
    """Run the missing batches; return whether the user stopped before the last."""
    names = {cell.problem.sampling.id: _named(cell) for cell in reversed(cells)}

    def doing() -> str:
        batch = next(ledger.missing(), None)
        return "" if batch is None else names[batch.experiment.sampling.id]

    try:
        with (
            bar(ledger.total_trials, "trial", doing, initial=ledger.done_trials) as shown,
            backend(settings.backend, settings.jobs),
        ):
            for batch, tallies in run(ledger, root, None):
                store.append(batch.experiment, batch.number, tallies)
                ledger.record(batch.experiment.sampling.id, batch.number, tallies)
                shown.update(ledger.done_trials - shown.n)
    except KeyboardInterrupt:
        return True
    except BrokenProcessPool:
        store.verify()
        raise rl.DomainError(
            f"a worker process died, perhaps for want of memory; all trials are kept in "
            f"{settings.output}, and the same command goes on: with --jobs 1 it needs less"
        ) from None
    return False


def _named(cell: Cell) -> str:
    """Return what tells a cell's trials apart, for whoever waits for them."""
    sampling = cell.problem.sampling
    masks = "" if sampling.masking.masks == 1 else f", {sampling.masking.masks:g} masks a sample"
    sizes = f"d = {sampling.dimension}, n = {sampling.samples}"
    return f"{cell.spectrum} at {cell.mask_ratio}, {sizes}{masks}"


def _dry_run(cells: Sequence[Cell], theories: Sequence[rl.Risk], ledger: Ledger) -> int:
    for cell, theory in zip(cells, theories, strict=True):
        size = f"d = {cell.problem.sampling.dimension}, n = {cell.problem.sampling.samples}"
        risk = float(theory.total)
        names = f"{cell.spectrum}  {cell.mask_ratio}  d/n = {cell.aspect_ratio:g}"
        print(f"{names}  {size}  {cell.problem.sampling.design.label}  theory {risk:.4g}")
    print(
        f"{len(cells)} cells of {len(ledger.experiments)} designs, {ledger.total_trials} trials"
        " at most; nothing was run"
    )
    return 0


def _write(settings: Sweep, cells: Sequence[Cell], rows: Sequence[Row], seconds: float) -> None:
    from simulations.sweep.figure import plot_sweep

    folder = settings.output
    write_csv(Row, rows, folder / "summary.csv")
    plot_sweep(cells, rows, folder / "sweep.png")
    _write_record(settings, seconds)
    print(render(rows))
    print()
    knows_groups = all(cell.problem.knows_groups for cell in cells)
    print(summarize(rows, settings.patch, knows_groups))
    print(f"\nwrote summary.csv, sweep.png and {RECORD} to {folder} in {seconds:.0f} s")


def _configured(arguments: Sequence[str]) -> Sweep:
    """Return the settings that --config names; the defaults without it."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config", type=Path)
    try:
        path = parser.parse_known_args(arguments)[0].config
    except argparse.ArgumentError as error:
        raise rl.DomainError(str(error)) from None
    return Sweep() if path is None else read_settings(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    prog = "python -m simulations.sweep"
    return command(Sweep, run_sweep, prog, DESCRIPTION, given, lambda: _configured(given))


if __name__ == "__main__":
    sys.exit(main())
