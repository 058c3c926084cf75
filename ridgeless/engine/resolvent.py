r"""The resolvent H = (e + alpha Sigma + beta D)^-1: what a solve and a read-out ask of it.

Row classes turn any masking into two numbers, alpha and beta (eq-equivalent); what the features
are like enters through H alone, and through four questions about it:

- `moments`: the means of e H, of (Sigma, D) H, of e H^2 times these and of their products in
  pairs, below and above a split of the directions, and how many directions lie above;
- `whole`: the same over all directions at once;
- `loads`: the mean of H (Sigma, D) H times the second moment of a test input (eq-variance);
- `signal`: the bias, and what the residuals of all row classes share (eq-bias, eq-residual).

A spectrum answers with sums in compiled code (`Spectral`), matrices with linear algebra
(`ridgeless.engine.matrices`). A resolvent is any object with the four methods and the fields
`d0`, `floor`, `above`, `total`, `accepted`; a compiled solve needs overloads of the four functions.

Index 0 carries the unit `floor`: sums over it are means of floor H, of order one however small
the mask ratio, so that nothing overflows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from ridgeless.engine.sums import gap_scatter, signal_sums, spectral_sums
from ridgeless.numerics.jit import lean

__all__ = ["Gaps", "Missed", "Spectral", "generic", "loads", "moments", "signal", "whole"]

#: Runs as Python on any resolvent, and is compiled into kernels that call it.
generic: Any = register_jitable(**{k: v for k, v in lean.items() if k != "nogil"})

#: Residual of the fixed point that rounding may leave in long sums.
ACCEPTED = 1e-12


class Gaps(NamedTuple):
    """What H^-1 beta - C Sigma beta is made of (eq-mean-predictor, eq-dense-mean-predictor)."""

    fit: float  #: times beta: e (1 - Y)
    held: float  #: times the ridge's own matrix, beta
    unequal: float  #: times D beta
    extra: float  #: times (D - Sigma) beta


class Missed(NamedTuple):
    """What is not learnt of the signal."""

    bias: float
    power: float  #: b_bar' D b_bar
    signal: float  #: beta' Sigma beta
    gap: float  #: mean over the signal of 1 - alpha Sigma H
    scatter: float  #: its scatter about that mean, times the signal


class Spectral(NamedTuple):
    """The resolvent of a spectrum, D = d0 I, in the eigenbasis."""

    s: Any  #: eigenvalues, shape (nodes,)
    h: Any  #: their shares
    tail: Any  #: how many directions are at each node and above it; 0 at the end
    sig_s: Any  #: eigenvalues on which the signal lies
    sig_b: Any  #: squared masses of beta there
    first: int  #: nodes below have nothing in the rows (eq-drop)
    sig_first: int
    d0: float
    floor: float
    above: float  #: directions that rows can have something in
    total: float  #: all directions
    accepted: float = ACCEPTED

    def moments(self, e, alpha, beta):
        """See `moments`."""
        return spectral_moments(self, e, alpha, beta)

    def whole(self, e, alpha, beta):
        """See `whole`."""
        return spectral_whole(self, e, alpha, beta)

    def loads(self, found, e, alpha, beta, unseen, hidden):
        """See `loads`."""
        return spectral_loads(self, found, e, alpha, beta, unseen, hidden)

    def signal(self, e, alpha, beta, gaps, unseen, hidden):
        """See `signal`."""
        return spectral_signal(self, e, alpha, beta, gaps, unseen, hidden)


def spectral_moments(resolvent, e, alpha, beta):
    """Moments of a spectrum, split where e H = 1/2: there X and 1 - X change places (eq-newton)."""
    s, h, first, floor = resolvent.s, resolvent.h, resolvent.first, resolvent.floor
    split = max(first, np.searchsorted(s, (e - floor * beta) / alpha))
    low = spectral_sums(s, h, first, split, floor, e, alpha, beta)
    high = spectral_sums(s, h, split, s.size, floor, e, alpha, beta)
    return low, high, resolvent.tail[split]


def spectral_whole(resolvent, e, alpha, beta):
    """Moments of a spectrum over all directions."""
    s, h = resolvent.s, resolvent.h
    return spectral_sums(s, h, resolvent.first, s.size, resolvent.floor, e, alpha, beta)


def spectral_loads(resolvent, found, e, alpha, beta, unseen, hidden):
    """Loads on a spectrum: a test input is a mixture of s and d0."""
    seen = (1.0 - unseen) * (1.0 - unseen)
    noise = hidden * (resolvent.d0 / resolvent.floor)
    return (
        seen * found.q11 + noise * found.q10,
        seen * found.q10 + noise * found.q00,
    )


def spectral_signal(resolvent, e, alpha, beta, gaps, unseen, hidden):
    """What is missed of a signal along a spectrum."""
    level = gaps.fit + gaps.held + resolvent.d0 * gaps.unequal
    shift = e + resolvent.floor * beta
    s, b, first = resolvent.sig_s, resolvent.sig_b, resolvent.sig_first
    bias, power, signal, gap = signal_sums(
        s, b, first, resolvent.d0, alpha, shift, gaps.extra, level, unseen, hidden
    )
    scatter = 0.0
    if signal > 0.0:
        gap /= signal
        scatter = gap_scatter(s, b, first, alpha, shift, gap)
    return Missed(bias, power, signal, gap, scatter)


# --- what solves and read-outs call: methods in Python, overloads in compiled code ----------------


def moments(resolvent: Any, e: Any, alpha: Any, beta: Any) -> Any:
    """Return the moments below and above the split, and the directions above."""
    return resolvent.moments(e, alpha, beta)


def whole(resolvent: Any, e: Any, alpha: Any, beta: Any) -> Any:
    """Return the moments over all directions."""
    return resolvent.whole(e, alpha, beta)


def loads(
    resolvent: Any, found: Any, e: Any, alpha: Any, beta: Any, unseen: Any, hidden: Any
) -> Any:
    """Return the means of H (Sigma, D) H over a test input of (1 - unseen)^2 Sigma + hidden D."""
    return resolvent.loads(found, e, alpha, beta, unseen, hidden)


def signal(
    resolvent: Any, e: Any, alpha: Any, beta: Any, gaps: Any, unseen: Any, hidden: Any
) -> Any:
    """Return what is missed of the signal, by test inputs with so much unseen and hidden too."""
    return resolvent.signal(e, alpha, beta, gaps, unseen, hidden)


def _is_spectral(resolvent: Any) -> bool:
    return isinstance(resolvent, types.NamedTuple) and resolvent.instance_class is Spectral


# Compiled as they stand, and inlined: a call would copy the whole resolvent.


@overload(moments, inline="always")
def _moments_of(resolvent, e, alpha, beta):
    return spectral_moments if _is_spectral(resolvent) else None


@overload(whole, inline="always")
def _whole_of(resolvent, e, alpha, beta):
    return spectral_whole if _is_spectral(resolvent) else None


@overload(loads, inline="always")
def _loads_of(resolvent, found, e, alpha, beta, unseen, hidden):
    return spectral_loads if _is_spectral(resolvent) else None


@overload(signal, inline="always")
def _signal_of(resolvent, e, alpha, beta, gaps, unseen, hidden):
    return spectral_signal if _is_spectral(resolvent) else None
