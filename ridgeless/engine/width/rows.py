r"""From row classes to rows of random features (eq-width-class).

Through a Gaussian equivalence a class k of masked rows enters by four numbers and a target factor,

.. math:: S_k = z_1 V\Sigma V' + z_0 VV' + \frac{z_*}{\omega} I, \qquad
          E\,\phi y = \ell_k t_k V\Sigma\beta .

With infinitely many masks the rows of one sample share what is nonlinear in them; in the
eigenbasis of that they are numbers too (eq-width-shared).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.activation import Activation
from ridgeless.mask_ratio import SMALLEST, Quadrature, RatioLaw
from ridgeless.masking import Masking
from ridgeless.row_classes import RowClasses

__all__ = ["Features", "WidthFill", "WidthRows", "width_rows"]

Array = NDArray[np.float64]
#: What stands in place of masked entries: zeros, with the others over 1, q or the root of q.
WidthFill = Literal["zero", "rescale", "normalise"]
#: Nodes of a law whose masks are all averaged over.
SHARED_ORDER = 128


class Features(NamedTuple):
    """Inputs of some mask ratios, seen through a random layer (eq-width-class)."""

    linear: Array  #: ell
    power: Array  #: z_1, multiplies V Sigma V'
    hidden: Array  #: z_0, multiplies V V'
    noise: Array  #: z_*, multiplies I / omega
    nu: Array  #: variance of what goes into the activation

    @classmethod
    def of(
        cls,
        mask: Array,
        keep: Array,
        activation: Activation,
        gain: float,
        fill: WidthFill,
        d0: float,
    ) -> Features:
        """Return those of inputs that keep `keep` = 1 - mask; of empty ones nothing is left."""
        seen = keep > 0
        scale = np.ones_like(keep)
        if fill != "zero":
            np.divide(1.0, keep if fill == "rescale" else np.sqrt(keep), out=scale, where=seen)
        nu = np.where(seen, (gain * scale) ** 2 * keep, 0.0)
        slope, noise = activation.moments(nu)
        slope = gain * slope * scale
        return cls(
            np.where(seen, slope * keep, 0.0),
            np.where(seen, (slope * keep) ** 2, 0.0),
            np.where(seen, slope**2 * keep * mask * d0, 0.0),
            np.where(seen, noise * d0, 0.0),
            nu,
        )


class WidthRows(NamedTuple):
    """The rows of masking schemes: arrays of shape (schemes, classes), then (schemes,)."""

    weight: Any  #: w; 0 pads
    linear: Any  #: ell
    target: Any  #: t
    power: Any
    hidden: Any
    noise: Any
    shared: Any  #: whether the rows of one sample are correlated by their linear parts
    held: Any  #: beta_x, what masks add to the ridge along V V'
    lost: Any  #: omega e_x, what they add along I


@dataclass(frozen=True)
class _Layer:
    """What all schemes have in common."""

    activation: Activation
    gain: float
    fill: WidthFill
    d0: float

    def features(self, mask: Array, keep: Array) -> Features:
        return Features.of(mask, keep, self.activation, self.gain, self.fill, self.d0)


def width_rows(
    masking: Masking,
    classes: RowClasses,
    order: int,
    *,
    activation: Activation,
    gain: float,
    fill: WidthFill,
    d0: float,
) -> WidthRows:
    """Return the rows of every scheme of a masking.

    Parameters
    ----------
    masking : Masking
    classes : RowClasses of its schemes, with zeros for masked entries
        Their weights, and how many rows of a sample each is the mean of.
    order : int
        Nodes of a continuous law.
    activation, gain, fill
        The layer, and what stands in place of masked entries.
    d0 : float
        Mean eigenvalue.
    """
    layer = _Layer(activation, gain, fill, d0)
    if masking.masks == math.inf:
        return _averaged(masking, layer)
    rule, loss = _rule(masking, order)
    found = layer.features(rule.mask, rule.keep)
    if masking.masks == 1:
        root = np.sqrt(loss)
        none = np.zeros(len(loss))
        return WidthRows(
            classes.weight,
            root * found.linear,
            root + 0 * rule.mask,
            loss * found.power,
            loss * found.hidden,
            loss * found.noise,
            none > 0,
            none,
            none,
        )
    return _several(classes, rule, found, loss, layer)


def _rule(masking: Masking, order: int) -> tuple[Quadrature, Array]:
    """Return mask ratios with their loss weights, shape (schemes, ratios)."""
    if isinstance(masking.ratio, RatioLaw):
        rule = Quadrature(*(x[None, :] for x in masking.ratio.quadrature(order)))
        loss = np.asarray(masking.ratio.loss_weight(rule.mask), dtype=np.float64)
    else:
        mask = masking.ratio.reshape(-1, 1)
        loss = np.ones_like(mask)
        rule = Quadrature(mask, 1 - mask, loss)
    mask = np.where(rule.mask > 0, np.maximum(rule.mask, SMALLEST), 0.0)
    return rule._replace(mask=mask), loss


def _several(
    classes: RowClasses, rule: Quadrature, found: Features, loss: Array, layer: _Layer
) -> WidthRows:
    """K masks of one ratio: the mean of k rows, and their differences (eq-width-several)."""
    one = loss * rule.keep**2
    count = classes.kept / np.where(one > 0, one, 1.0)  # k; 0: differences
    apart = layer.d0 * layer.activation.lost(found.nu, rule.mask)
    common = found.noise - apart
    root = np.sqrt(loss * count)
    none = np.zeros(len(loss))
    return WidthRows(
        classes.weight,
        root * found.linear,
        root,
        loss * count * found.power,
        loss * found.hidden * np.ones_like(count),
        loss * (apart + count * common),
        none > 0,
        none,
        none,
    )


def _averaged(masking: Masking, layer: _Layer) -> WidthRows:
    """Infinitely many masks: one sample is one row for each ratio (eq-width-shared)."""
    rule, loss = _rule(masking, SHARED_ORDER)
    found = layer.features(rule.mask, rule.keep)
    counted = rule.weight * rule.mask if masking.rows == "masked" else rule.weight
    total = counted.sum(axis=1, keepdims=True)
    share = np.where(rule.keep > 0, counted * loss / np.where(total > 0, total, 1.0), 0.0)
    root = np.sqrt(share)
    apart = layer.d0 * layer.activation.lost(found.nu, rule.mask)
    linear, target, noise = root * found.linear, root, share * np.maximum(found.noise - apart, 0.0)
    if rule.mask.shape[1] > 1 and not layer.activation.linear:
        common = root.T * layer.d0 * layer.activation.overlap(found.nu[0], rule.keep[0]) * root
        np.fill_diagonal(common, noise[0])
        values, basis = np.linalg.eigh(common)
        linear, target, noise = linear @ basis, target @ basis, np.maximum(values, 0.0)[None]
    # Where nothing is masked all masks are the same: one row, as any other.
    shared = np.asarray((rule.mask > 0).any(axis=1))
    alone = ~shared[:, None]
    return WidthRows(
        np.ones_like(root),
        linear,
        target,
        np.where(alone, share * found.power, 0.0),
        np.where(alone, share * found.hidden, 0.0),
        np.where(alone, share * found.noise, noise),
        shared,
        np.where(shared, (share * found.hidden).sum(axis=1), 0.0),
        np.where(shared, (share * apart).sum(axis=1), 0.0),
    )
