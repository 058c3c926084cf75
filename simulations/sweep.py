"""Theory beside Monte Carlo over spectra, mask ratios and aspect ratios, from the command line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import ridgeless as rl
from simulations import catalogue
from simulations.command import INTERRUPTED, command
from simulations.files import replacing
from simulations.problem import Problem
from simulations.provenance import provenance
from simulations.table import Row, render, summarize, write_csv

__all__ = ["Cell", "Sweep", "main"]

DESCRIPTION = """Compare the predicted test risk of masked regression with simulations of it.

Writes summary.csv, sweep.png and provenance.json to the output folder.

examples:
  the default: three synthetic spectra and one real data set, in about a minute
    python -m simulations.sweep
  two more spectra; what follows the colon is the parameter of the name
    python -m simulations.sweep --spectrum isotropic ar1:0.7 --output results/more
  a downstream task, and schedules of the mask ratio beside fixed ones
    python -m simulations.sweep --target linear --snr 4 --mask-ratios 0.2 0.5 linear:0.3:0.15
"""


@dataclass(frozen=True)
class Sweep:
    """Settings of a sweep; every combination of the lists is one cell."""

    spectrum: tuple[str, ...] = ("power_law", "spiked", "latent_factors", "digits")
    """Names or name:parameter, of: isotropic:VARIANCE power_law:EXPONENT spiked:SPIKE
    latent_factors:STRENGTH ar1:CORRELATION digits:LEAST_USED."""

    mask_ratios: tuple[str, ...] = ("0.1", "0.4", "0.6", "0.8", "uniform:0.1:0.9")
    """Fixed ratios, or laws: uniform:LOW:HIGH (R2MAE), linear:START:END, cosine:START:END."""

    aspect_ratios: tuple[float, ...] = (0.25, 2.0)
    """Features per training sample, d/n."""

    target: Literal["masked_feature", "linear"] = "masked_feature"
    """What is predicted: a masked feature from the others, or a linear task."""

    snr: float = 1.0
    """Signal-to-noise ratio of the linear task."""

    ridge: float = 0.0
    """Penalty; 0 is min-norm regression."""

    masks_per_sample: float = 1
    """Fresh masks per training sample: 1, 2, ... or inf."""

    test_mask_ratio: float = 0.0
    """Mask ratio of the test inputs."""

    dimension: int = 600
    """Number of features of the synthetic spectra; real data have their own."""

    trials: int = 16
    """Independent draws of rows and masks per cell."""

    rng: int = 0
    """Seed."""

    jobs: int | None = None
    """Worker processes; all cores by default. Results do not depend on it."""

    output: Path = Path("results/sweep")
    """Folder for summary.csv, sweep.png and provenance.json."""

    def cells(self) -> list[Cell]:
        """Return the cells in the order of the table."""
        target = (
            rl.MaskedFeature() if self.target == "masked_feature" else rl.LinearTarget(self.snr)
        )
        cells = []
        for name in self.spectrum:
            law, dimension, design = catalogue.spectrum(name, self.dimension)
            for gamma in self.aspect_ratios:
                for ratio in self.mask_ratios:
                    problem = Problem(
                        law,
                        catalogue.mask_ratio(ratio),
                        aspect_ratio=gamma,
                        target=target,
                        ridge=self.ridge,
                        masks_per_sample=self.masks_per_sample,
                        test_mask_ratio=self.test_mask_ratio,
                        dimension=dimension,
                        design=design,
                    )
                    cells.append(Cell(name, ratio, gamma, problem))
        if not cells:
            raise rl.DomainError("spectrum, mask_ratios and aspect_ratios must not be empty")
        return cells


@dataclass(frozen=True)
class Cell:
    """One combination of a sweep, with the names it was asked by."""

    spectrum: str
    mask_ratio: str
    aspect_ratio: float
    problem: Problem


def run_sweep(settings: Sweep) -> int:
    """Run a sweep, write its files, print its table and return the exit code."""
    start = time.monotonic()
    cells = settings.cells()
    theory = [cell.problem.theory() for cell in cells]
    settings.output.mkdir(parents=True, exist_ok=True)
    rows, interrupted = _simulate(settings, cells, theory)
    if rows:
        _write(settings, cells, rows, time.monotonic() - start)
    if interrupted:
        kept = f"{len(rows)} of {len(cells)} cells are in {settings.output}"
        print(f"interrupted: {kept if rows else 'no cell was finished'}", file=sys.stderr)
    return INTERRUPTED if interrupted else 0


def _simulate(
    settings: Sweep, cells: Sequence[Cell], theory: Sequence[rl.Risk]
) -> tuple[list[Row], bool]:
    """Return the rows of the finished cells, and whether the user stopped before the last."""
    from tqdm import tqdm

    from simulations.runner import simulate_risks

    rows: list[Row] = []
    total = len(cells) * settings.trials
    # The delay keeps the bar out of the way of a message about the arguments.
    with tqdm(total=total, unit="trial", smoothing=0.1, delay=0.5) as progress:
        estimates = simulate_risks(
            [cell.problem for cell in cells],
            trials=settings.trials,
            rng=settings.rng,
            jobs=settings.jobs,
            on_trials=progress.update,
        )
        try:
            for cell, risk, estimate in zip(cells, theory, estimates, strict=True):
                names = cell.spectrum, cell.mask_ratio, cell.aspect_ratio
                sampling = cell.problem.sampling
                size = sampling.dimension, sampling.samples
                totals = float(risk.total), float(risk.null)
                rows.append(Row.of(names, totals, estimate, size, type(sampling.design).__name__))
        except KeyboardInterrupt:
            return rows, True
    return rows, False


def _write(settings: Sweep, cells: Sequence[Cell], rows: Sequence[Row], seconds: float) -> None:
    from simulations.plots import plot_sweep

    folder = settings.output
    write_csv(rows, folder / "summary.csv")
    plot_sweep(cells[: len(rows)], rows, folder / "sweep.png")
    shown = asdict(settings) | {"output": str(folder)}
    record = provenance("python -m simulations.sweep", shown, seconds)
    with replacing(folder / "provenance.json") as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(render(rows))
    print()
    print(summarize(rows))
    print(f"\nwrote summary.csv, sweep.png and provenance.json to {folder} in {seconds:.0f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return command(Sweep, run_sweep, "python -m simulations.sweep", DESCRIPTION, arguments)


if __name__ == "__main__":
    sys.exit(main())
