"""A masking: which features are hidden from training rows, how often, and which rows count."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, ratio_array, real_scalar
from ridgeless.errors import DomainError
from ridgeless.lazy import lazy
from ridgeless.mask_ratio import DiscreteRatio, Quadrature, RatioLaw
from ridgeless.row_blocks import RowBlocks, row_blocks
from ridgeless.row_classes import Fill, RowClasses, row_classes
from ridgeless.target import Rows

__all__ = ["Masking", "checked_fill", "masking_of", "ungrouped"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Masking:
    r"""One masking scheme, accepted wherever a mask ratio is.

    Theory takes its classes of training rows from it (eq-row-class), a simulation its masks,
    training its masks and loss weights.

    Parameters
    ----------
    ratio : p, float or array in [0, 1], or a law of ratios
        Probability that a feature is masked in a training row. An array is several schemes.
    masks_per_sample : K, 1, 2, ..., inf or None
        Independent masks of each sample; None: as the function that takes it does by default.
    rows : "masked", "all" or None
        Rows that count: those whose target is masked, or all; None: as the target says.
    fill : "zero" or "rescale"
        Masked entries are 0; with "rescale" the others are divided by the row's 1 - p, as dropout
        does (eq-classes-rescaled).
    groups : array_like of labels, shape (d,), optional
        Features with the same label are masked together; by default each feature on its own.

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    >>> import ridgeless as rl
    >>> four = Masking(0.5, masks_per_sample=4)
    >>> rl.risk([1.0, 2.0], four).total == rl.risk([1.0, 2.0], 0.5, masks_per_sample=4).total
    True
    """

    ratio: RatioLaw | Array
    masks_per_sample: float | None = None
    rows: Rows | None = None
    groups: tuple[int, ...] | None = None  #: numbered in the order of the features
    fill: Fill = "zero"

    def __init__(
        self,
        ratio: RatioLaw | ArrayLike,
        *,
        masks_per_sample: float | None = None,
        rows: str | None = None,
        fill: str = "zero",
        groups: ArrayLike | None = None,
    ) -> None:
        object.__setattr__(self, "ratio", _ratio(ratio))
        object.__setattr__(self, "masks_per_sample", _masks(masks_per_sample))
        object.__setattr__(self, "rows", _rows(rows))
        object.__setattr__(self, "groups", _groups(groups))
        object.__setattr__(self, "fill", checked_fill("fill", fill))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of schemes; () of one."""
        return () if isinstance(self.ratio, RatioLaw) else self.ratio.shape

    @property
    def law(self) -> RatioLaw:
        """The law of ratios of one scheme; a number is the law that always draws it."""
        if isinstance(self.ratio, RatioLaw):
            return self.ratio
        if self.ratio.ndim:
            raise DomainError(f"mask_ratio must be one scheme, got an array of {self.ratio.shape}")
        return DiscreteRatio([float(self.ratio)])

    @property
    def masks(self) -> float:
        """K, as set; one if it was left open."""
        return 1 if self.masks_per_sample is None else self.masks_per_sample

    @lazy
    def continuous(self) -> bool:
        """Whether row classes approximate the law, the better the higher their order.

        Infinitely many masks need only moments of the law, which any order integrates exactly;
        rescaled ones E[p/q].
        """
        if not isinstance(self.ratio, RatioLaw):
            return False
        if self.masks == math.inf and not self.rescaled:
            return False
        return self.ratio.continuous and self.ratio.quadrature(2).mask.size > 1

    @property
    def rescaled(self) -> bool:
        """Whether kept entries are divided by the keep ratio."""
        return self.fill == "rescale"

    @property
    def empties_rows(self) -> bool:
        """Whether E[1/q] is infinite: rows with almost nothing left (eq-infinite-law)."""
        return isinstance(self.ratio, RatioLaw) and not self.ratio.inverse_keep_is_finite

    def row_classes(self, order: int) -> RowClasses:
        """Return the classes of training rows, a continuous law by `order` nodes (eq-row-class)."""
        if isinstance(self.ratio, RatioLaw):
            rule = Quadrature(*(x[None, :] for x in self.ratio.quadrature(order)))
            mean = np.array([self.ratio.mean])
            loss = self.ratio.loss_weight(rule.mask)
            filled = self._filled if self.masks == 1 else None
        else:
            mask = self.ratio.reshape(-1, 1)
            loss = np.ones_like(mask)
            rule, mean, filled = Quadrature(mask, 1 - mask, loss), mask[:, 0], None
        found = row_classes(rule, mean, self.rows or "all", self.masks, loss, self.fill, filled)
        if self.masks == math.inf and self.rescaled and self.empties_rows:
            return found.weighted(np.zeros((1, 1)))  # the ridge E[p/q] is infinite
        return found

    @property
    def mixes_ratios(self) -> bool:
        """Whether the masks of one sample differ in ratio, so that rows come in blocks."""
        if not isinstance(self.ratio, RatioLaw) or not 1 < self.masks < math.inf:
            return False
        return self.ratio.quadrature(2).mask.size > 1

    @property
    def first_order(self) -> int:
        """Nodes of a continuous law to begin with; blocks cost much for each."""
        return 24 if self.mixes_ratios else 64

    def row_moments(self, order: int) -> RowClasses | RowBlocks:
        """Return the second moments of training rows, in classes or in blocks of a sample."""
        if not self.mixes_ratios:
            return self.row_classes(order)
        law = self.law
        rule = law.quadrature(order)
        loss = law.loss_weight(rule.mask)
        count, rest = (x.item() for x in self._filled)
        return row_blocks(rule, (count, rest), self.rows or "all", int(self.masks), loss, self.fill)

    @lazy
    def _filled(self) -> tuple[Array, Array]:
        """Rows of a law that are not empty, per mask, in two floats: thresholds depend on them."""
        exact = self.law.filled(self.rows == "masked")
        per_mask = float(exact)
        return np.array([per_mask]), np.array([float(exact - Fraction(per_mask))])

    def with_ratio(self, ratio: RatioLaw | ArrayLike) -> Masking:
        """Return the same scheme at other ratios."""
        return _changed(self, ratio=_ratio(ratio))

    def with_masks(self, masks_per_sample: float) -> Masking:
        """Return the same scheme with so many masks per sample."""
        return _changed(self, masks_per_sample=_masks(masks_per_sample))

    def with_fill(self, fill: Fill) -> Masking:
        """Return the same scheme with something else in place of masked entries."""
        return _changed(self, fill=checked_fill("fill", fill))

    def with_rows(self, rows: Rows) -> Masking:
        """Return the scheme with the rows that count, where they were left open."""
        return self if self.rows is not None else _changed(self, rows=rows)

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, Masking) and self._key() == other._key()

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._key())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a copy; an array of ratios stays read-only."""
        self.__dict__.update(state | {"ratio": _ratio(state["ratio"])})

    def _key(self) -> tuple[Any, ...]:
        ratio: Any = self.ratio
        if isinstance(ratio, np.ndarray):
            ratio = ratio.shape, ratio.tobytes()
        return ratio, self.masks_per_sample, self.rows, self.fill, self.groups

    def __repr__(self) -> str:
        """Show what was set."""
        ratio = self.ratio if isinstance(self.ratio, RatioLaw) else self.ratio.tolist()
        named = (("masks_per_sample", self.masks_per_sample), ("rows", self.rows))
        shown = [f"{ratio!r}", *(f"{name}={value!r}" for name, value in named if value is not None)]
        if self.rescaled:
            shown.append(f"fill={self.fill!r}")
        if self.groups is not None:
            shown.append(f"groups=<{len(set(self.groups))} groups of {len(self.groups)} features>")
        return f"Masking({', '.join(shown)})"


def masking_of(
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    masks_per_sample: float,
    rows: str | None,
    fill: str = "zero",
    groups: ArrayLike | None = None,
    usual: float = 1,
) -> Masking:
    """Return the masking that a function was given, as one object or as its parts.

    A keyword beside a `Masking` may repeat what that holds, or be left at its default; `usual` is
    the default of `masks_per_sample`.
    """
    if not isinstance(mask_ratio, Masking):
        return Masking(
            mask_ratio, masks_per_sample=masks_per_sample, rows=rows, fill=fill, groups=groups
        )
    given = Masking(0.0, masks_per_sample=masks_per_sample, rows=rows, fill=fill, groups=groups)
    defaults = {"masks_per_sample": usual, "rows": None, "fill": "zero", "groups": None}
    for name, default in defaults.items():
        asked, held = getattr(given, name), getattr(mask_ratio, name)
        if asked not in (None, default, held):
            raise DomainError(
                f"{name} = {asked!r} contradicts the Masking beside it, which has {held!r}; set it "
                "there and leave the keyword out"
            )
    return _changed(mask_ratio, masks_per_sample=mask_ratio.masks_per_sample or usual)


def ungrouped(masking: Masking, front: str) -> Masking:
    """Refuse groups where only the spectrum is known."""
    if masking.groups is not None:
        raise DomainError(
            f"groups must be None in {front}, which knows no features, only their spectrum; "
            "covariance_risk masks features in groups"
        )
    return masking


def _changed(masking: Masking, **changes: Any) -> Masking:
    new = object.__new__(type(masking))  # a scheme of your own stays one
    for name in ("ratio", "masks_per_sample", "rows", "fill", "groups"):
        object.__setattr__(new, name, changes.get(name, getattr(masking, name)))
    return new


def _ratio(ratio: RatioLaw | ArrayLike) -> RatioLaw | Array:
    if isinstance(ratio, RatioLaw):
        return ratio
    array = ratio_array("mask_ratio", ratio)
    array.flags.writeable = False  # its hash is that of its values
    return array


def _masks(masks: float | None) -> float | None:
    if masks is None:
        return None
    if real_scalar("masks_per_sample", masks) == math.inf:
        return math.inf
    return count("masks_per_sample", masks)


def _rows(rows: str | None) -> Rows | None:
    for known in (None, "masked", "all"):
        if type(rows) is type(known) and rows == known:
            return rows  # type: ignore[return-value]
    raise DomainError(f"rows must be 'masked', 'all' or None, got {rows!r}")


def numbered(labels: Iterable[Hashable]) -> tuple[int, ...]:
    """Number labels in the order in which they come: any names of the same groups agree."""
    numbers: dict[Hashable, int] = {}
    return tuple(numbers.setdefault(label, len(numbers)) for label in labels)


def checked_fill(name: str, fill: object) -> Fill:
    """Return what stands in place of masked entries, if it is known."""
    for known in ("zero", "rescale"):
        if isinstance(fill, str) and fill == known:
            return known
    raise DomainError(f"{name} must be 'zero' or 'rescale', got {fill!r}")


def _groups(groups: ArrayLike | None) -> tuple[int, ...] | None:
    if groups is None:
        return None
    try:
        labels = np.asarray(groups)
        if labels.ndim != 1 or labels.size == 0:
            raise DomainError(f"groups must hold one label per feature, got shape {labels.shape}")
        if any(label != label for label in labels.tolist()):
            raise DomainError("groups must have a label for every feature, got nan")
        return numbered(labels.tolist())
    except (TypeError, ValueError) as error:
        if isinstance(error, DomainError):
            raise
        raise DomainError(f"groups must hold one label per feature, got {groups!r}") from None
