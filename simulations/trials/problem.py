"""A problem: what `ridgeless.risk` is given, plus the size and source of the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

import ridgeless as rl
from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar
from ridgeless.quantiles import multiplicities, quantized
from ridgeless.spectrum import as_spectrum
from simulations.populations.designs import Design, GaussianRows
from simulations.running.identity import Record, array_digest, digest, law_record, number
from simulations.trials.masks import Masking

__all__ = ["Problem", "Readout", "Sampling"]

Target = rl.MaskedFeature | rl.LinearTarget
Rows = Literal["masked", "all"]

DIMENSION = 400


@dataclass(frozen=True)
class Sampling:
    """A design: all that determines the training rows and their masks.

    Readouts of one design share its trials, so that their errors are correlated.
    """

    spectrum: rl.Spectrum  #: d equally weighted eigenvalues
    samples: int  #: n
    masking: Masking
    masks_per_sample: float  #: K
    rows: Rows
    design: Design

    @property
    def dimension(self) -> int:
        """Number of features d."""
        return len(self.spectrum)

    @cached_property
    def population_id(self) -> str:
        """SHA-256 of what determines the population; designs that agree on it share it."""
        return digest(self._population())

    @cached_property
    def id(self) -> str:
        """SHA-256 of what determines rows and masks."""
        law, groups, ratio_batch = self.masking
        masking = {
            "law": law_record(law),
            "groups": groups if groups is None else array_digest(np.array(groups)),
            "ratio_batch": ratio_batch,
        }
        rest = {
            "samples": self.samples,
            "masking": masking,
            "masks_per_sample": number(self.masks_per_sample),
            "rows": self.rows,
        }
        return digest(self._population() | rest)

    def _population(self) -> Record:
        # The spectrum of real rows is computed from them, to rounding: they speak for it.
        own = self.design.fixed_spectrum() is not None
        return {
            "spectrum": None if own else array_digest(self.spectrum.eigenvalues),
            "design": self.design.record(),
        }


@dataclass(frozen=True)
class Readout:
    """What is predicted from the rows, how, and on which test inputs."""

    target: Target
    ridge: float
    test_mask_ratio: float

    def record(self) -> Record:
        """Return what identifies the readout."""
        record: Record = {"ridge": self.ridge, "test_mask_ratio": self.test_mask_ratio}
        if isinstance(self.target, rl.MaskedFeature):
            return record | {"target": "masked_feature"}
        alignment = self.target.alignment
        if not isinstance(alignment, str):
            array = np.asarray(alignment, dtype=np.float64)
            alignment = array_digest(array) if array.ndim else number(array)
        linear = {
            "snr": number(self.target.snr),
            "alignment": alignment,
            "signal_variance": number(self.target.signal_variance),
        }
        return record | {"target": linear}


@dataclass(frozen=True)
class Problem:
    """One cell of a comparison: `theory()` and `simulate_risk` answer the same object.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, H
        Population spectrum; the simulation uses `dimension` eigenvalues that stand for it.
    mask_ratio : p, float in [0, 1], or a law of ratios
        Probability that a feature is masked in a training row.
    aspect_ratio : gamma = d/n, float in (0, inf)
        Features per training sample; the simulation has round(d/gamma) samples.
    target, ridge, rows, masks_per_sample, test_mask_ratio
        As in `ridgeless.risk`, one value each.
    dimension : d, int
        Number of features; by default the design's own, else 400.
    design : GaussianRows(), RealRows(table) or another `Design`
        Where the rows come from.
    patch : int, at least 1
        Size of the groups of features that are masked together: squares of patch x patch pixels
        for rows that are images, else neighbours. The theory here treats features as masked one
        by one, which is right for small groups of features that are hardly correlated;
        `ridgeless.covariance_risk` knows about groups.
    ratio_batch : int, at least 1
        Consecutive samples that share one ratio drawn from the law (R2MAE: one per batch).

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    >>> problem = Problem([1.0], 0.5, aspect_ratio=0.5, target=rl.LinearTarget(snr=1.0))
    >>> problem.sampling.samples, problem.theory().total
    (800, 3.0)
    """

    spectrum: rl.Spectrum | ArrayLike
    mask_ratio: float | rl.RatioLaw
    aspect_ratio: float = 2.0
    target: Target | None = None
    ridge: float = 0.0
    rows: Rows | None = None
    masks_per_sample: float = 1
    test_mask_ratio: float = 0.0
    dimension: int | None = None
    design: Design = field(default_factory=GaussianRows)
    patch: int = 1
    ratio_batch: int = 1
    #: The part that determines rows and masks, and the part that is measured on them.
    sampling: Sampling = field(init=False, repr=False, compare=False)
    readout: Readout = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        law = as_spectrum(self.spectrum)
        target = rl.MaskedFeature() if self.target is None else self.target
        if not isinstance(target, rl.MaskedFeature | rl.LinearTarget):
            raise rl.DomainError(
                f"target must be MaskedFeature() or LinearTarget(...), got {target!r}"
            )
        if isinstance(target, rl.LinearTarget) and np.ndim(target.snr):
            raise rl.DomainError("snr must be one number in a Problem, got an array")
        if self.rows not in (None, "masked", "all"):
            raise rl.DomainError(f"rows must be 'masked', 'all' or None, got {self.rows!r}")
        ratio = self.mask_ratio
        if not isinstance(ratio, rl.RatioLaw):
            ratio = rl.DiscreteRatio([_ratio("mask_ratio", ratio)])
        masks = real_scalar("masks_per_sample", self.masks_per_sample)
        if masks != math.inf:
            masks = count("masks_per_sample", masks)
        ridge = nonnegative_array("ridge", real_scalar("ridge", self.ridge), finite=True)
        size = _dimension(self.dimension, self.design, law)
        samples = _samples(real_scalar("aspect_ratio", self.aspect_ratio), size)
        eigenvalues = quantized(law, size)
        target_there = _on_directions(target, law, size)
        target_there.on(eigenvalues)  # a target without signal there is refused here
        patch = count("patch", self.patch)
        groups = None if patch == 1 else self.design.patches(patch, size)
        masking = Masking(ratio, groups, count("ratio_batch", self.ratio_batch))
        sampling = Sampling(
            eigenvalues, samples, masking, masks, self.rows or target.rows, self.design
        )
        test = _ratio("test_mask_ratio", self.test_mask_ratio)
        object.__setattr__(self, "sampling", sampling)
        object.__setattr__(self, "readout", Readout(target_there, float(ridge), test))

    @cached_property
    def id(self) -> str:
        """SHA-256 of the cell: its design and its readout."""
        return digest({"design": self.sampling.id, "readout": self.readout.record()})

    def theory(self, mask_ratio: rl.RatioLaw | ArrayLike | None = None) -> rl.Risk:
        """Return `ridgeless.risk` of this problem, at its d eigenvalues and its d/n.

        Neither the rounding of n nor the discretisation of the spectrum is then blamed on the
        theory. `mask_ratio`: other ratios than the problem's own, for a curve.
        """
        sampling, readout = self.sampling, self.readout
        return rl.risk(
            sampling.spectrum,
            self.mask_ratio if mask_ratio is None else mask_ratio,
            aspect_ratio=sampling.dimension / sampling.samples,
            target=readout.target,
            ridge=readout.ridge,
            rows=sampling.rows,
            masks_per_sample=sampling.masks_per_sample,
            test_mask_ratio=readout.test_mask_ratio,
        )


def _ratio(name: str, value: object) -> float:
    return float(ratio_array(name, real_scalar(name, value)))


def _dimension(asked: int | None, design: Design, law: rl.Spectrum) -> int:
    """Return d, which real data dictate together with the spectrum."""
    own = design.fixed_spectrum()
    if own is None:
        return DIMENSION if asked is None else count("dimension", asked)
    if asked not in (None, len(own)):
        raise rl.DomainError(f"dimension must be that of the data, {len(own)}, got {asked!r}")
    if own != law:
        raise rl.DomainError(f"spectrum must be that of the data, {own!r}, got {law!r}")
    return len(own)


def _samples(aspect_ratio: float, dimension: int) -> int:
    """Return n = d / gamma, rounded, at least one."""
    if not 0 < aspect_ratio < math.inf or round(dimension / aspect_ratio) < 1:
        raise rl.DomainError(
            f"aspect_ratio must be positive and leave at least one sample of {dimension} features, "
            f"got {aspect_ratio!r}"
        )
    return round(dimension / aspect_ratio)


def _on_directions(target: Target, law: rl.Spectrum, dimension: int) -> Target:
    """Return the target with its mass per atom, if given so, split over the d directions."""
    if isinstance(target, rl.MaskedFeature) or np.ndim(target.alignment) == 0:
        return target
    target.on(law)  # checks the length
    counts = multiplicities(law, dimension)
    masses = np.asarray(target.alignment, dtype=np.float64)[law.order]
    if counts is None or (masses[counts == 0] > 0).any():
        raise rl.DomainError(
            "alignment as an array needs a whole number of directions on each atom: weights times "
            f"dimension = {dimension} must be whole numbers"
        )
    split = np.repeat(masses / np.maximum(counts, 1), counts)
    return rl.LinearTarget(target.snr, split, target.signal_variance)
