"""The training rows of a trial, and the masked rows that a regression sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulations.populations.designs import Population
from simulations.populations.real_rows import RealRows
from simulations.trials.inputs import Inputs
from simulations.trials.ridge import COLUMNS
from simulations.trials.sampling import Sampling

__all__ = ["MaskedRows", "Sample"]

Array = NDArray[np.float64]

ALL = slice(None)


@dataclass(frozen=True)
class Sample:
    """Training rows, and the masks that are put on them."""

    sampling: Sampling
    population: Population
    rows: Array  #: x, shape (n, d)
    keep: NDArray[np.bool_] | None  #: m, shape (n, K, d); None stands for infinitely many masks
    ratios: Array  #: p, shape (n, K)

    @cached_property
    def inputs(self) -> Inputs:
        """Test inputs, masked in the same groups: the population, or what the rows left of it."""
        design, covariance = self.sampling.design, self.population.covariance
        if isinstance(design, RealRows) and not design.replace:
            covariance = design.unseen(self.rows)
        return Inputs(covariance, self.sampling.masking.groups)

    @cached_property
    def roots(self) -> Array | None:
        """Root of each row's loss weight, shape (n, K); None where all are one."""
        weights = self.sampling.masking.law.loss_weight(self.ratios)
        return None if (weights == 1).all() else np.sqrt(weights)

    @cached_property
    def scales(self) -> Array | None:
        """What the entries of each row are multiplied by, shape (n, K); None where by one.

        Rows without entries are zero whatever they are multiplied by.
        """
        if not self.sampling.masking.rescaled:
            return None
        keep = 1 - self.ratios
        return np.divide(1.0, keep, out=np.ones_like(keep), where=keep > 0)


@dataclass(frozen=True)
class MaskedRows:
    """Masked rows of a sample: made whenever they are needed, for they are the largest table.

    A row with loss weight w is the row and its response times the root of w (eq-loss-weights); a
    rescaled one has its entries divided by its keep ratio (eq-classes-rescaled).
    """

    sample: Sample
    counted: NDArray[np.bool_] | None  #: which rows are used, shape (n, K); None stands for all
    excluded: int | None = None  #: a feature that is left out

    @cached_property
    def places(self) -> NDArray[np.intp] | None:
        """Places of the rows among all n K; None: each sample once, in order."""
        if self.counted is not None:
            return np.flatnonzero(self.counted)
        count = self.sample.ratios.size
        return None if count in (0, self.sample.rows.shape[0]) else np.arange(count)

    @cached_property
    def samples(self) -> NDArray[np.intp] | None:
        """The sample that each row masks; None: each once, in order."""
        return None if self.places is None else self.places // self.sample.ratios.shape[1]

    @cached_property
    def ratios(self) -> Array:
        """The mask ratio of each row, shape (N,)."""
        return self.sample.ratios.ravel()[ALL if self.places is None else self.places]

    @cached_property
    def roots(self) -> Array | None:
        """Root of each row's loss weight, shape (N,); None where all are one."""
        roots = self.sample.roots
        return None if roots is None else roots.ravel()[ALL if self.places is None else self.places]

    @cached_property
    def scales(self) -> Array | None:
        """What the entries of each row are multiplied by, shape (N,); None where by one."""
        scales = self.sample.scales
        if scales is None:
            return self.roots
        scales = scales.ravel()[ALL if self.places is None else self.places]
        return scales if self.roots is None else scales * self.roots

    @cached_property
    def never_seen(self) -> list[int]:
        """Features that no row shows, where the masks are infinitely many."""
        masking, column = self.sample.sampling.masking, self.excluded
        if column is None:
            return []
        if masking.groups is not None and masking.rows == "masked":
            # Where a feature is masked, so is its group.
            labels = np.asarray(masking.groups)
            return np.flatnonzero(labels == labels[column]).tolist()
        return [column]

    def rows(self, some: slice = ALL) -> Array:
        """Return the rows, shape (N, d), or some of them."""
        rows, keep = self.sample.rows, self.sample.keep
        assert keep is not None
        if self.places is None or self.samples is None:
            rows = rows[some] * keep[some, 0]
        else:
            rows = rows.take(self.samples[some], axis=0)
            rows *= keep.reshape(-1, keep.shape[2]).take(self.places[some], axis=0)
        if self.scales is not None:
            rows *= self.scales[some, None]
        if self.excluded is not None:
            rows[:, self.excluded] = 0.0
        return rows

    def responses(self, values: Array, some: slice = ALL) -> Array:
        """Return the responses of the rows, (N, r), to values per sample, (n, r); or of some."""
        values = values[some if self.samples is None else self.samples[some]]
        return values if self.roots is None else self.roots[some, None] * values

    @property
    def has_unit_noise(self) -> bool:
        """Whether unit noise of the samples is independent unit noise of the rows."""
        if self.roots is not None:
            return False
        return self.samples is None or np.unique(self.samples).size == self.samples.size

    def unit_noise(self) -> Iterator[Array]:
        """Yield the responses to unit noise of some samples at a time, each in its own column."""
        number = self.sample.rows.shape[0]
        samples = np.arange(number) if self.samples is None else self.samples
        for start in range(0, number, COLUMNS):
            # Rows of one sample share its noise.
            here = np.arange(start, min(start + COLUMNS, number))
            noise = np.equal.outer(samples, here).astype(float)
            yield noise if self.roots is None else self.roots[:, None] * noise
