r"""From a masking scheme to the second moments of its training rows.

Whatever is masked, and how often, the training rows fall into classes k (eq-row-class): a share
w of the rows has

.. math:: E\,\tilde x\tilde x' = a\,\Sigma + b\,D, \qquad E\,\tilde x y = (a + f)\,\Sigma\beta,
          \qquad E\,y^2 = \frac{(a + f)^2}{a}\,(\beta'\Sigma\beta + \sigma^2).

The solver knows nothing else about masks. A row with loss weight omega is the row and its target
times the root of omega: a, b and f are omega times those of the row (eq-loss-weights). All-zero
rows are left out: dropping them while multiplying the ridge by N / N_kept is exactly the same
estimator (eq-drop).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ridgeless.mask_ratio import SMALLEST, Quadrature
from ridgeless.row_power import PowerRule
from ridgeless.target import Rows

__all__ = ["Fill", "RowClasses", "row_classes"]

Array = NDArray[np.float64]
#: What stands in place of masked entries: zeros, or zeros with the others divided by q.
Fill = Literal["zero", "rescale"]

# Below this share of the largest, so does a loss weight.
LEAST_LOSS = 1e-280
# Up to which, and down to its inverse, loss weights are taken as they are.
MODERATE = 2.0**200
#: From so many trials on, a binomial law stands in so many nodes. Measured over 64 to 1e5 trials
#: and all mask ratios: means of 1/k are off by 4e-14 with 32 nodes, by 1e-15 with 48.
MANY, NODES = 256, 48


@dataclass(frozen=True)
class RowClasses:
    """The classes of several masking schemes: arrays of shape (schemes, classes)."""

    weight: Array  #: w, share of the kept rows; 0 pads
    kept: Array  #: a, multiplies Sigma
    masked: Array  #: b, multiplies D
    surplus: Array  #: f = c - a, by how much the cross-covariance exceeds the covariance
    unequal: Array  #: b + ridge_shift * ridge_scale * theta - f, exactly
    per_mask: Array  #: kept rows per mask of a sample, shape (schemes,); 0 if none can be used
    masks: Array  #: masks per sample that add rows, so that rows per sample is their product
    ridge_shift: Array  #: the ridge acts as (ridge + d0 * shift) * scale
    ridge_scale: Array
    #: theta, one over the power of the row's sample: multiplies the base (eq-row-power)
    power: Array = field(default_factory=lambda: np.ones(1))
    #: by how much the noise of the target counts: theta, or 1
    loud: Array = field(default_factory=lambda: np.ones(1))
    rest: Array = field(default_factory=lambda: np.zeros(1))  #: what rounding took from `per_mask`

    def __post_init__(self) -> None:
        for name in ("power", "loud"):
            object.__setattr__(self, name, np.broadcast_to(getattr(self, name), self.weight.shape))
        if self.rest.size != self.per_mask.size:
            object.__setattr__(self, "rest", np.zeros_like(self.per_mask))

    @property
    def rows(self) -> Array:
        """Kept rows per sample, shape (schemes,); 0 where nothing is left to learn from."""
        return self.per_mask * self.masks

    @property
    def bare(self) -> Array:
        """Share of the rows that have no masks, shape (schemes,)."""
        return np.asarray(((self.masked == 0) * self.weight).sum(axis=1))

    def weighted(self, loss: Array) -> RowClasses:
        """Return the classes with a loss weight per scheme (eq-loss-weights).

        A weight of zero leaves no rows.
        """
        usable = loss[:, 0] > 0
        loss = np.where(usable[:, None], loss, 1.0)
        return replace(
            self,
            kept=loss * self.kept,
            masked=loss * self.masked,
            surplus=loss * self.surplus,
            unequal=loss * self.unequal,
            per_mask=np.where(usable, self.per_mask, 0.0),
        )

    def powered(self, rule: PowerRule, shared: bool) -> RowClasses:
        """Return the classes of rows times the root of a random power (eq-row-power).

        `shared`: the noise of the target is multiplied too, as that of a masked feature is.
        Samples without power are rows of zeros (eq-drop).
        """
        theta, chance = rule.inverse, rule.weight
        kept = rule.kept

        def each(array: Array, factor: Array | float = 1.0) -> Array:
            return np.asarray((array[..., None] * factor).reshape(len(array), -1))

        one = np.ones_like(theta)
        scale = self.ridge_scale / kept
        mu, old = self.ridge_shift * scale, self.ridge_shift * self.ridge_scale
        extra = (mu[:, None] * theta - old[:, None])[:, None, :]
        unequal = self.unequal[..., None] + extra
        return replace(
            self,
            weight=each(self.weight, chance),
            kept=each(self.kept, one),
            masked=each(self.masked, one),
            surplus=each(self.surplus, one),
            unequal=unequal.reshape(len(unequal), -1),
            power=each(self.power, theta),
            loud=each(self.loud, one if shared else theta),
            per_mask=self.per_mask * kept,
            ridge_scale=scale,
            rest=self.rest * kept,
        )


def row_classes(
    rule: Quadrature,
    mean: Array,
    rows: Rows,
    masks_per_sample: float,
    loss_weight: Array | float = 1.0,
    fill: Fill = "zero",
    filled: tuple[Array, Array] | None = None,
) -> RowClasses:
    """Return the row classes of masking schemes.

    Parameters
    ----------
    rule : Quadrature, arrays of shape (schemes, ratios)
        The mask ratios of each scheme.
    mean : array, E p, shape (schemes,)
        Their exact means.
    rows : "all" or "masked"
        Whether every row counts, or those whose target feature is masked.
    masks_per_sample : K, 1, 2, ... or inf
        Fresh masks per training sample; finite K > 1 need one ratio per scheme (`row_blocks`).
    loss_weight : omega, broadcasts with the ratios
        Weights of rows with these ratios in the loss.
    fill : "zero" or "rescale"
        Whether the kept entries of a row are divided by its keep ratio (eq-classes-rescaled).
    filled : pair of arrays, shape (schemes,), optional
        Rows that are not empty, per mask, in two floats, if they are known exactly.

    Examples
    --------
    >>> half = np.array([[0.5]])
    >>> scheme = row_classes(Quadrature(half, half, half / half), half[0], "all", 1)
    >>> [float(x[0, 0]) for x in (scheme.kept, scheme.masked, scheme.surplus)]
    [0.25, 0.25, 0.25]
    """
    mask = np.where(rule.mask > 0, np.maximum(rule.mask, SMALLEST), 0.0)
    keep, weight = rule.keep, rule.weight
    loss, unit = _scaled(loss_weight + np.zeros_like(mask))
    # Probability of a mask per unit of rows: pi_k, or pi_k p_k when only masked targets count.
    counted = weight * mask if rows == "masked" else weight
    per_mask = np.ones_like(mean)
    if rows == "masked":
        # The exact mean, but of ratios that count as larger than they are.
        raised = (mask > rule.mask).any(axis=1)
        per_mask = np.where(raised, counted.sum(axis=1), mean)
    rescaled = fill == "rescale"
    if masks_per_sample == math.inf:
        found = _infinitely_many(mask, keep, counted * loss, counted.sum(axis=1), rescaled)
    elif masks_per_sample == 1:
        found = _one(mask, keep, loss, counted, per_mask, filled, rescaled)
    else:
        masks = int(masks_per_sample)
        found = _several(mask[:, 0], keep[:, 0], per_mask, masks, rows, rescaled)
        found = found if (loss == 1).all() else found.weighted(loss)
    if unit is None:
        return found
    # The ridge has the unit of the loss; what masks add to it comes with the loss.
    return replace(
        found, ridge_scale=found.ridge_scale / unit, ridge_shift=found.ridge_shift * unit
    )


def _moments(mask: Array, keep: Array, rescaled: bool) -> tuple[Array, Array, Array]:
    """Return a, b and f of a row: q^2, q p, q p, or over q^2 with c = a (eq-rescaled-factor)."""
    if not rescaled:
        return keep**2, keep * mask, keep * mask
    odds = np.divide(mask, keep, out=np.zeros_like(mask), where=keep > 0)
    return np.ones_like(mask), odds, np.zeros_like(mask)


def _scaled(loss: Array) -> tuple[Array, Array | None]:
    """Return loss weights in units in which products stay in the range of numbers, and these units.

    None, or powers of two halfway between the smallest and the largest, shape (schemes,).
    """
    if loss.size == 0 or (loss.min() >= 1 / MODERATE and loss.max() <= MODERATE):
        return loss, None
    used = loss > 0
    loss = np.where(used, np.maximum(loss, LEAST_LOSS * loss.max(axis=1, keepdims=True)), 0.0)
    power = np.frexp(loss)[1] - 1
    high = power.max(axis=1, where=used, initial=0)
    low = power.min(axis=1, where=used, initial=0)
    middle = np.where(np.maximum(high, -low) > math.log2(MODERATE), (high + low) // 2, 0)
    return np.ldexp(loss, -middle[:, None]), np.ldexp(1.0, middle)


def _one(
    mask: Array,
    keep: Array,
    loss: Array,
    counted: Array,
    per_mask: Array,
    filled: tuple[Array, Array] | None,
    rescaled: bool,
) -> RowClasses:
    """One mask per sample: one class per ratio (eq-classes-law, eq-classes-masked)."""
    usable = (keep > 0) & (loss > 0)
    share = np.where(usable, counted, 0.0)
    total = share.sum(axis=1)
    if filled is None:
        # The exact mean where nothing is dropped; the sum over the kept atoms elsewhere.
        rows = np.where(usable.all(axis=1), per_mask, total)
        filled = np.where(total > 0, rows, 0.0), np.zeros_like(rows)
    rows, rest = filled
    safe = np.where(total > 0, total, 1.0)
    a, b, f = (loss * x for x in _moments(mask, keep, rescaled))
    return RowClasses(
        weight=share / safe[:, None],
        kept=a,
        masked=b,
        surplus=f,
        unequal=b - f,
        per_mask=rows,
        masks=np.ones_like(rows),
        ridge_shift=np.zeros_like(rows),
        ridge_scale=per_mask / np.where(rows > 0, rows, 1.0),
        rest=rest,
    )


def _several(
    mask: Array, keep: Array, per_mask: Array, masks: int, rows: Rows, rescaled: bool
) -> RowClasses:
    """K masks of one ratio: means and differences over the masks (eq-classes-K).

    Of a sample's K rows, k count: all of them, or as many as mask the target. Given that one
    row counts, the others do independently, so that k - 1 is binomial (eq-classes-K-masked).
    Rotating the k rows leaves one that carries their mean and k - 1 that carry differences.
    """
    if rows == "all":
        counts, chance = np.full((1, 1), float(masks)), np.ones((mask.size, 1))
    else:
        others, chance = _binomial(masks - 1, mask, keep)
        counts = 1 + others
    mean_share = chance / counts
    difference_share = (chance * (counts - 1) / counts).sum(axis=1, keepdims=True)
    a, b, f = (x[:, None] for x in _moments(mask, keep, rescaled))
    # Without masks the differences are zero rows; what is left is one row per sample.
    bare = mask == 0
    kept_share = np.where(bare, mean_share.sum(axis=1), 1.0)
    difference_share[bare] = 0.0
    nothing = (keep == 0) | (per_mask == 0)
    alone = bare & (rows == "all")
    return RowClasses(
        weight=np.hstack([mean_share, difference_share]) / kept_share[:, None],
        kept=np.hstack([counts * a, np.zeros_like(b)]),
        masked=np.repeat(b, chance.shape[1] + 1, axis=1),
        surplus=np.hstack([counts * f, np.zeros_like(b)]),
        unequal=np.hstack([(b - f) - (counts - 1) * f, b]),
        per_mask=np.where(nothing, 0.0, per_mask),
        masks=np.where(alone, 1.0, masks),
        ridge_shift=np.zeros_like(per_mask),
        ridge_scale=np.where(alone, masks, 1.0),
    )


def _infinitely_many(
    mask: Array, keep: Array, counted: Array, total: Array, rescaled: bool
) -> RowClasses:
    """Fresh masks every epoch: the average over masks is ridge regression (eq-classes-K-inf).

    A law of rescaled masks is one ratio (eq-harmonic-mean).
    `counted` are loss weights of masks, `total` is the number of masks that count.
    """
    seen = np.where(keep > 0, counted, 0.0) if rescaled else counted  # rows of zeros say nothing
    a, b, f = _moments(mask, keep, rescaled)
    square, cross = (seen * a).sum(axis=1), (seen * b).sum(axis=1)
    nothing = square == 0
    surplus = (seen * f).sum(axis=1)
    square = np.where(nothing, 1.0, square)
    column = np.ones((mask.shape[0], 1))
    return RowClasses(
        weight=column,
        kept=column,
        masked=0 * column,
        surplus=(surplus / square)[:, None],
        unequal=((cross - surplus) / square)[:, None],
        per_mask=np.where(nothing, 0.0, 1.0),
        masks=np.ones_like(square),
        ridge_shift=cross / np.where(nothing, 1.0, total),
        ridge_scale=np.where(nothing, 1.0, total) / square,
    )


def _binomial(trials: int, success: Array, failure: Array) -> tuple[Array, Array]:
    """Return numbers of successes and their probabilities, shape (1 or schemes, numbers).

    All numbers where they are few, else the nodes of Gauss quadrature, of which the binomial law
    has the Krawtchouk polynomials. Sums over k = 1 + successes have their poles on (-inf, 0].
    """
    from scipy.special import gammaln, xlogy

    if trials < MANY:
        k = np.arange(trials + 1.0)
        choices = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1)
        logs = choices + xlogy(k, success[:, None]) + xlogy(trials - k, failure[:, None])
        chances = np.exp(logs)
        return k[None, :], np.asarray(chances / chances.sum(axis=1, keepdims=True))
    n = np.arange(NODES)
    p, q = success[:, None], failure[:, None]
    jacobi = np.zeros((success.size, NODES, NODES))
    jacobi[:, n, n] = n * (q - p)  # about the mean
    jacobi[:, n[1:], n[:-1]] = np.sqrt(n[1:] * (float(trials) - n[:-1]) * p * q)
    places, vectors = np.linalg.eigh(jacobi)
    return np.clip(trials * p + places, 0, trials), vectors[:, 0, :] ** 2
