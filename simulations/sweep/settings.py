"""The settings of a sweep, and the cells that they stand for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_type_hints

import ridgeless as rl
from simulations.populations import catalogue
from simulations.populations.catalogue import is_real
from simulations.populations.designs import Design
from simulations.populations.real_rows import RealRows
from simulations.running.records import fits, parsed
from simulations.trials.problem import Problem, Target

__all__ = ["Cell", "Folder", "Sweep", "differences", "read_settings"]

#: Settings that say where and how fast, not what: a run may go on under others.
FREE = {"jobs", "backend", "output", "dry_run", "config"}


@dataclass(frozen=True)
class Sweep:
    """Settings of a sweep; every combination of the lists is one cell."""

    spectrum: tuple[str, ...] = ("power_law", "spiked", "latent_factors", "digits")
    """Names or name:parameter, of: isotropic:VARIANCE power_law:EXPONENT spiked:SPIKE
    latent_factors:STRENGTH ar1:CORRELATION; or real data: digits mnist pbmc (:LEAST_USED), a path
    to a table (.csv, .tsv, .npy, .parquet, ...), with options as in t.csv:missing=mean:drop=id."""

    mask_ratios: tuple[str, ...] = ("0.1", "0.4", "0.6", "0.8", "uniform:0.1:0.9")
    """Fixed ratios, or laws: uniform:LOW:HIGH (R2MAE), linear:START:END, cosine:START:END."""

    aspect_ratios: tuple[float, ...] = (0.25, 2.0)
    """Features per training sample, d/n."""

    dimension: tuple[int, ...] = (600,)
    """Numbers of features of the synthetic spectra; real data have their own."""

    design: tuple[str, ...] = ("gaussian",)
    """Laws of the synthetic rows: gaussian rademacher student:FREEDOM, and with a random power of
    each row, which the theory knows, elliptical:FREEDOM lognormal:SIGMA."""

    target: Literal["masked_feature", "linear"] = "masked_feature"
    """What is predicted: a masked feature from the others, or a linear task."""

    snr: tuple[float, ...] = (1.0,)
    """Signal-to-noise ratios of the linear task."""

    ridge: tuple[float, ...] = (0.0,)
    """Penalties; 0 is min-norm regression."""

    test_mask_ratio: tuple[float, ...] = (0.0,)
    """Mask ratios of the test inputs."""

    fill: Literal["zero", "rescale"] = "zero"
    """Whether the kept entries of a masked row are divided by its share of them."""

    test_fill: Literal["zero", "rescale"] | None = None
    """The same of test inputs; as fill by default."""

    masks_per_sample: float = 1
    """Fresh masks per training sample: 1, 2, ... or inf."""

    patch: int = 1
    """Features masked together: squares of patch x patch pixels of images, else neighbours. Theory
    takes them one by one all the same, but for linear tasks on real data of up to 500 features."""

    ratio_batch: int = 1
    """Samples that share one ratio drawn from a law."""

    trials: int = 16
    """Independent draws of rows and masks per design; the most, with --max-relative-error."""

    max_relative_error: float | None = None
    """Stop a design once the standard errors of its cells are that small beside their means."""

    rng: int = 0
    """Seed."""

    jobs: int | None = None
    """Worker processes; all cores by default. Results do not depend on it."""

    backend: Literal["loky", "dask"] = "loky"
    """Where workers run: processes of this machine, or Dask (a local cluster unless
    DASK_SCHEDULER_ADDRESS names a scheduler)."""

    output: Path = Path("results/sweep")
    """Folder for batches.csv, summary.csv, sweep.png and provenance.json. If it holds a part of
    this sweep, only the rest is run."""

    dry_run: bool = False
    """Print the cells and what theory says about them; run and write nothing."""

    config: Path | None = None
    """Take the settings of an earlier run from its provenance.json; other flags change them."""

    def cells(self) -> list[Cell]:
        """Return the cells in the order of the table."""
        targets: list[Target] = [rl.MaskedFeature()]
        if self.target == "linear":
            targets = [rl.LinearTarget(snr) for snr in self.snr]
        cells = []
        for name, design, dimension in self._populations():
            law, size, rows = catalogue.spectrum(name, dimension, design)
            for gamma, ratio, target, ridge, test in itertools.product(
                self.aspect_ratios, self.mask_ratios, targets, self.ridge, self.test_mask_ratio
            ):
                problem = Problem(
                    law,
                    catalogue.mask_ratio(ratio),
                    aspect_ratio=gamma,
                    target=target,
                    ridge=ridge,
                    masks_per_sample=self.masks_per_sample,
                    test_mask_ratio=test,
                    fill=self.fill,
                    test_fill=self.test_fill,
                    dimension=size,
                    design=_drawn(rows, size, gamma),
                    patch=self.patch,
                    ratio_batch=self.ratio_batch,
                )
                cells.append(Cell(name, ratio, gamma, problem))
        if not cells:
            raise rl.DomainError(
                "spectrum, mask_ratios, aspect_ratios, dimension, design, snr, ridge and "
                "test_mask_ratio must not be empty"
            )
        return cells

    @property
    def largest(self) -> int:
        """The largest dimension that is chosen here, 0 where all data are real."""
        return max((size for name, _, size in self._populations() if not is_real(name)), default=0)

    def _populations(self) -> list[tuple[str, str, int]]:
        """Return names, laws of rows and dimensions; the last two are not real data's to choose."""
        populations = []
        for name in self.spectrum:
            options = list(itertools.product([name], self.design, self.dimension))
            populations += options[:1] if is_real(name) else options
        return populations

    def record(self) -> dict[str, Any]:
        """Return the settings as JSON-able values."""
        shown = asdict(self) | {"output": str(self.output)}
        del shown["config"], shown["dry_run"]
        return {name: list(v) if isinstance(v, tuple) else v for name, v in shown.items()}


@dataclass(frozen=True)
class Folder:
    """Settings of a command that reads what a sweep wrote."""

    output: Path = Path("results/sweep")
    """Folder of the sweep."""


@dataclass(frozen=True)
class Cell:
    """One combination of a sweep, with the names it was asked by."""

    spectrum: str
    mask_ratio: str
    aspect_ratio: float
    problem: Problem


def _drawn(rows: Design, dimension: int, gamma: float) -> Design:
    """Return real rows without replacement where some are left to test on."""
    if isinstance(rows, RealRows) and dimension < gamma * rows.rows.shape[0] - gamma:
        return rows.distinct()
    return rows


def read_settings(path: Path) -> Sweep:
    """Return the settings in a provenance.json."""
    try:
        record = parsed(path.read_bytes())["settings"]
        kinds = get_type_hints(Sweep)
        if not isinstance(record, dict) or set(record) - set(kinds):
            raise ValueError("other settings than a sweep has")
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in record.items()
        }
        given["output"] = Path(given["output"])
        for field in fields(Sweep):
            if field.name in given and not fits(given[field.name], kinds[field.name]):
                like = field.type
                if isinstance(field.default, tuple):
                    like = f"a list like {list(field.default)}"
                raise ValueError(f"{field.name} must be {like}")
        return Sweep(**given)
    except (ValueError, KeyError, TypeError) as error:
        raise rl.DomainError(f"{path} must be the provenance.json of a sweep: {error}") from None


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings that make another sweep."""
    names = sorted((set(here) | set(there)) - FREE)
    return [name for name in names if here.get(name) != there.get(name)]
