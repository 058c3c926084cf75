"""A problem: what `ridgeless.risk` is given, plus the size and source of the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

import ridgeless as rl
from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar
from ridgeless.masking import checked_fill, masking_of, numbered
from ridgeless.quantiles import multiplicities, quantized
from ridgeless.row_power import checked_power
from ridgeless.spectrum import as_spectrum
from simulations.populations.designs import Design, GaussianRows, PowerRows
from simulations.populations.real_rows import RealRows
from simulations.running.identity import Record, array_digest, digest, number
from simulations.running.threads import one_thread
from simulations.trials.estimators.estimator import Estimator
from simulations.trials.estimators.linear import LinearRegression
from simulations.trials.inputs import InputMask
from simulations.trials.sampling import Sampling

__all__ = ["Problem", "Readout"]

Target = rl.MaskedFeature | rl.LinearTarget
Rows = Literal["masked", "all"]

DIMENSION = 400
#: Features up to which theory takes a covariance: a curve of 193 ratios takes 15 s with 400.
GROUPED = 500


@dataclass(frozen=True)
class Readout:
    """What is predicted from the rows, how, and on which test inputs."""

    target: Target
    ridge: float
    test: InputMask
    estimator: Estimator = field(default_factory=LinearRegression)

    @property
    def test_mask_ratio(self) -> float:
        """Mask ratio of the test inputs."""
        return self.test.ratio

    def record(self) -> Record:
        """Return what identifies the readout."""
        record: Record = {"ridge": self.ridge, "test_mask_ratio": self.test_mask_ratio}
        if self.test.fill != "zero":
            record["test_fill"] = self.test.fill
        if self.estimator != LinearRegression():
            record["estimator"] = self.estimator.record()
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
    spectrum : Spectrum or array_like of eigenvalues, s
        Population spectrum; the simulation uses `dimension` eigenvalues that stand for it.
    mask_ratio : p, float in [0, 1], a law of ratios, or a `ridgeless.Masking`
        Probability that a feature is masked in a training row. A row whose law gives it a loss
        weight is the row and its target times the root of the weight (eq-loss-weights).
    aspect_ratio : gamma = d/n, float in (0, inf)
        Features per training sample; the simulation has round(d/gamma) samples.
    target, ridge, rows, masks_per_sample, test_mask_ratio, fill, test_fill
        As in `ridgeless.risk`, one value each.
    row_power : RowPower, optional
        Law of the power of Gaussian rows; `PowerRows(row_power)` as the design says the same.
    dimension : d, int
        Number of features; by default the design's own, else 400.
    design : GaussianRows(), RealRows(table) or another `Design`
        Where the rows come from.
    patch : int, at least 1
        Size of the groups of features that are masked together: squares of patch x patch pixels
        for rows that are images, else neighbours; a `Masking` may name any groups. The theory of a
        linear task on real rows knows the groups (`knows_groups`); any other treats features as
        masked one by one, which is right for small groups of features that are hardly correlated.
    ratio_batch : int, at least 1
        Consecutive samples that share one ratio drawn from the law (R2MAE: one per batch).
    estimator : LinearRegression() or RatioAware(degree)
        How coefficients are learnt from the masked rows, and which theory answers.

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
    mask_ratio: float | rl.RatioLaw | rl.Masking
    aspect_ratio: float = 2.0
    target: Target | None = None
    ridge: float = 0.0
    rows: Rows | None = None
    masks_per_sample: float = 1
    test_mask_ratio: float = 0.0
    fill: str = "zero"
    test_fill: str | None = None
    row_power: rl.RowPower | None = None
    dimension: int | None = None
    design: Design = field(default_factory=GaussianRows)
    patch: int = 1
    ratio_batch: int = 1
    estimator: Estimator = field(default_factory=LinearRegression)
    #: The part that determines rows and masks, and the part that is measured on them.
    sampling: Sampling = field(init=False, repr=False, compare=False)
    readout: Readout = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        population = as_spectrum(self.spectrum)
        target = rl.MaskedFeature() if self.target is None else self.target
        if not isinstance(target, rl.MaskedFeature | rl.LinearTarget):
            raise rl.DomainError(
                f"target must be MaskedFeature() or LinearTarget(...), got {target!r}"
            )
        if isinstance(target, rl.LinearTarget) and np.ndim(target.snr):
            raise rl.DomainError("snr must be one number in a Problem, got an array")
        given_estimator: object = self.estimator
        if not isinstance(given_estimator, Estimator) or isinstance(given_estimator, type):
            raise rl.DomainError(
                f"estimator must be LinearRegression() or RatioAware(degree), got "
                f"{self.estimator!r}"
            )
        ridge = nonnegative_array("ridge", real_scalar("ridge", self.ridge), finite=True)
        design = _design(self.design, self.row_power)
        size = _dimension(self.dimension, design, population)
        samples = _samples(real_scalar("aspect_ratio", self.aspect_ratio), size)
        eigenvalues = quantized(population, size)
        target_there = _on_directions(target, population, size)
        target_there.on(eigenvalues)  # a target without signal there is refused here
        patch = count("patch", self.patch)
        patches = None if patch == 1 else design.patches(patch, size)
        given = masking_of(
            self.mask_ratio,
            masks_per_sample=self.masks_per_sample,
            rows=self.rows,
            fill=self.fill,
        )
        masking = rl.Masking(
            given.law,
            masks_per_sample=given.masks,
            rows=given.with_rows(target.rows).rows,
            fill=given.fill,
            groups=_groups(given, patches, size),
        )
        batch = count("ratio_batch", self.ratio_batch)
        sampling = Sampling(eigenvalues, samples, masking, design, batch)
        fill = given.fill if self.test_fill is None else checked_fill("test_fill", self.test_fill)
        test = InputMask(_ratio("test_mask_ratio", self.test_mask_ratio), fill)
        readout = Readout(target_there, float(ridge), test, self.estimator)
        object.__setattr__(self, "sampling", sampling)
        object.__setattr__(self, "readout", readout)

    @cached_property
    def id(self) -> str:
        """SHA-256 of the cell: its design and its readout."""
        return digest({"design": self.sampling.id, "readout": self.readout.record()})

    @property
    def knows_groups(self) -> bool:
        """Whether the theory takes features as masked in groups, where they are.

        It needs the covariance, which the trials of synthetic rows draw. A masked feature has
        another reference: what is predictable of it from features of its own group too.
        """
        return (
            self.sampling.masking.groups is not None
            and isinstance(self.sampling.design, RealRows)
            and isinstance(self.readout.target, rl.LinearTarget)
            and isinstance(self.estimator, LinearRegression)
            and self.sampling.dimension <= GROUPED
        )

    def theory(self, mask_ratio: rl.RatioLaw | ArrayLike | None = None) -> rl.Risk:
        """Return what the estimator's theory says of this problem, at its d eigenvalues and d/n.

        That is `ridgeless.risk` for linear regression, and `ridgeless.covariance_risk` where it
        `knows_groups`. Neither the rounding of n nor the
        discretisation of the spectrum is blamed on the theory. `mask_ratio`: other ratios than
        the problem's own, for a curve.
        """
        sampling, readout = self.sampling, self.readout
        own = self.mask_ratio
        if isinstance(own, rl.Masking):
            own = sampling.masking.law
        asked = own if mask_ratio is None else mask_ratio
        given: dict[str, Any] = {
            "aspect_ratio": sampling.dimension / sampling.samples,
            "ridge": readout.ridge,
            "rows": sampling.masking.rows,
            "masks_per_sample": sampling.masking.masks,
            "test_mask_ratio": readout.test.ratio,
            "fill": sampling.masking.fill,
            "test_fill": readout.test.fill,
            "row_power": sampling.design.row_power,
        }
        if self.knows_groups:
            design = sampling.design
            assert isinstance(design, RealRows)
            groups = np.array(sampling.masking.groups)
            # In one thread: the last digits do not depend on the machine's cores.
            with one_thread():
                return rl.covariance_risk(
                    design.correlation, readout.target, asked, groups=groups, **given
                )
        return readout.estimator.theory(sampling.spectrum, asked, target=readout.target, **given)


def _design(design: Design, power: rl.RowPower | None) -> Design:
    """Return where rows come from: Gaussian ones of a given power are a design of their own."""
    if checked_power(power) is None or power == design.row_power:
        return design
    assert power is not None
    if not isinstance(design, GaussianRows):
        raise rl.DomainError(
            f"row_power multiplies Gaussian rows; leave it out with design = {design!r}"
        )
    return PowerRows(power)


def _ratio(name: str, value: object) -> float:
    return float(ratio_array(name, real_scalar(name, value)))


def _groups(
    masking: rl.Masking, patches: tuple[int, ...] | None, dimension: int
) -> tuple[int, ...] | None:
    """Return the number of each feature's group, which the masking or the patches say."""
    if masking.groups is None:
        return patches
    if len(masking.groups) != dimension:
        raise rl.DomainError(
            f"groups must hold one label per feature, got {len(masking.groups)} for "
            f"dimension = {dimension}"
        )
    if patches is not None and masking.groups != numbered(patches):
        raise rl.DomainError(
            "patch contradicts the groups of the Masking beside it; leave patch out, or the groups"
        )
    return masking.groups


def _dimension(asked: int | None, design: Design, population: rl.Spectrum) -> int:
    """Return d, which real data dictate together with the spectrum."""
    own = design.fixed_spectrum()
    if own is None:
        return DIMENSION if asked is None else count("dimension", asked)
    if asked not in (None, len(own)):
        raise rl.DomainError(f"dimension must be that of the data, {len(own)}, got {asked!r}")
    if own != population:
        raise rl.DomainError(f"spectrum must be that of the data, {own!r}, got {population!r}")
    return len(own)


def _samples(aspect_ratio: float, dimension: int) -> int:
    """Return n = d / gamma, rounded, at least one."""
    if not 0 < aspect_ratio < math.inf or round(dimension / aspect_ratio) < 1:
        raise rl.DomainError(
            f"aspect_ratio must be positive and leave at least one sample of {dimension} features, "
            f"got {aspect_ratio!r}"
        )
    return round(dimension / aspect_ratio)


def _on_directions(target: Target, population: rl.Spectrum, dimension: int) -> Target:
    """Return the target with its mass per atom, if given so, split over the d directions."""
    if isinstance(target, rl.MaskedFeature) or np.ndim(target.alignment) == 0:
        return target
    target.on(population)  # checks the length
    counts = multiplicities(population, dimension)
    masses = np.asarray(target.alignment, dtype=np.float64)[population.order]
    if counts is None or (masses[counts == 0] > 0).any():
        raise rl.DomainError(
            "alignment as an array needs a whole number of directions on each atom: weights times "
            f"dimension = {dimension} must be whole numbers"
        )
    split = np.repeat(masses / np.maximum(counts, 1), counts)
    return rl.LinearTarget(target.snr, split, target.signal_variance)
