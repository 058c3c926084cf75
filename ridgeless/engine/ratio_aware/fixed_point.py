r"""The fixed point of ratio-aware regression: two symmetric J x J matrices, and its readout.

With classes of rows (w, a, b, f, phi), psi = d/N and base * e = ridge
(eq-ratio-aware-fixed-point)::

    g_k  = base + phi_k' (a_k M1 + b_k d0 M0) phi_k
    H(s) = (e E + s A1 + A0)^-1      A1 = sum w a/g phi phi',  A0 = d0 sum w b/g phi phi'
    M_i  = psi <s^i H>

Newton's method on M = T(M), with one of these equations replaced by the conservation law
psi X - Y = J psi - 1, X = e <tr E H>, Y = base sum w/g, whose terms are positive and whose right
side is exact: no digit is lost beside the threshold. T is increasing and concave on pairs of
positive semi-definite matrices; where Newton does not help, M <- c T(M) does, with c from the
conservation law.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.ratio_aware.basis import orthonormal
from ridgeless.errors import ConvergenceError
from ridgeless.lazy import lazy

__all__ = ["Equations", "State", "missed", "solve", "variances"]

Array = NDArray[np.float64]

AIM = 1e-14  # residual
ACCEPTED = 1e-12  # what rounding may leave of it
MAX_STEPS = 100
FAR = 1e6  # directions per row
ROUGH = 1e-3  # residual of a state that is near the solution
POLISH = 20  # steps that may gain the last digits
DOUBLINGS = 400  # of the factor c
LEAST = 1e-40
LARGEST_LOG = 700.0  # of a factor that is a number


@dataclass(frozen=True)
class Equations:
    """The problem in numbers: spectrum, classes of rows, coordinates."""

    s: Array  #: eigenvalues, shape (nodes,)
    h: Array  #: their shares
    d0: float
    weight: Array  #: w, shape (classes,)
    energy: Array  #: (a, b d0), shape (2, classes)
    surplus: Array  #: f
    phi: Array  #: shape (classes, J)
    penalty: Array  #: E
    seen_at_zero: Array | None  #: span of the coordinates at eigenvalue 0, if not all
    psi: float
    delta: float  #: columns per row, less one
    base: float
    e: float
    first: int  #: coordinates that are fixed whatever the others are
    change: Array  #: from these coordinates to those in which the problem was given

    def in_coordinates(self, change: Array) -> Equations:
        """Return the same problem for coordinates c of which the present ones are `change` c."""
        seen = self.seen_at_zero
        return replace(
            self,
            phi=self.phi @ change,
            penalty=change.T @ self.penalty @ change,
            seen_at_zero=None if seen is None else np.asarray(np.linalg.solve(change, seen)),
            change=self.change @ change,
        )

    def inverse(self, matrices: Array, s: Array) -> Array:
        """Invert one matrix per eigenvalue; at eigenvalue 0 within the span that is seen."""
        if self.seen_at_zero is None or s[0] > 0:
            return _inverse(matrices)
        seen = self.seen_at_zero
        there = _inverse(seen.T @ matrices[:1] @ seen)
        return np.concatenate([seen @ there @ seen.T, _inverse(matrices[1:])])


def _inverse(matrices: Array) -> Array:
    """Invert positive matrices whose rows and columns may differ in size by many orders."""
    root = 1 / np.sqrt(np.einsum("naa->na", matrices))
    scale = root[:, :, None] * root[:, None, :]
    try:
        return np.asarray(np.linalg.inv(matrices * scale) * scale)
    except np.linalg.LinAlgError:
        return np.full_like(matrices, math.nan)


def _grades(matrices: Array, resolvents: Array) -> Array:
    """Return sizes of the elements, from the diagonal; where it is 0, as H or H x H have."""
    level = np.einsum("iaa->ia", matrices)
    usual = np.einsum("iaa->ia", resolvents)
    floors = [like * (level / like).max(axis=1, keepdims=True) for like in (usual, usual**2)]
    level = level + 1e-30 * np.minimum(*floors)
    root = np.sqrt(level)
    return np.asarray(root[:, :, None] * root[:, None, :])


def _symmetric(matrices: Array) -> Array:
    return np.asarray(0.5 * (matrices + matrices.transpose(0, 2, 1)))


@dataclass(frozen=True)
class State:
    """One point M of the iteration, and what follows from it."""

    at: Equations
    matrices: Array  #: (M1, M0), shape (2, J, J)

    @lazy
    def g(self) -> Array:
        """Effective ridge of each class."""
        phi = self.at.phi
        own = np.einsum("ka,iab,kb->ik", phi, self.matrices, phi)
        return np.asarray(self.at.base + (self.at.energy * own).sum(axis=0))

    @lazy
    def slopes(self) -> Array:
        """(A1, A0), shape (2, J, J)."""
        return self._classes(1 / self.g)

    def _classes(self, share: Array) -> Array:
        """Return sum w share (a, b d0) phi phi', shape (2, J, J)."""
        eq = self.at
        load = eq.energy * (eq.weight * share)
        return np.asarray(np.einsum("ik,ka,kb->iab", load, eq.phi, eq.phi))

    def resolvent(self, s: Array) -> Array:
        """H at eigenvalues s, shape (s.size, J, J)."""
        eq = self.at
        a1, a0 = self.slopes
        return eq.inverse(eq.e * eq.penalty + s[:, None, None] * a1 + a0, s)

    @lazy
    def h(self) -> Array:
        """H at the nodes."""
        return self.resolvent(self.at.s)

    @lazy
    def image(self) -> Array:
        """T(M) = psi <(s, 1) H>."""
        eq = self.at
        mass = eq.psi * eq.h
        return np.stack([np.einsum("n,nab->ab", mass * eq.s**i, self.h) for i in (1, 0)])

    @lazy
    def conservation(self) -> tuple[float, float]:
        """Return psi X - Y - delta and the size of its terms (eq-ratio-aware-conservation)."""
        eq = self.at
        x = eq.psi * eq.e * float(np.einsum("n,nab,ab->", eq.h, self.h, eq.penalty))
        y = eq.base * float((eq.weight / self.g).sum())
        return (x - y) - eq.delta, x + y + abs(eq.delta)

    @lazy
    def residual(self) -> float:
        """Largest relative error of any equation; inf where M is no positive matrix."""
        if not (np.isfinite(self.matrices).all() and (self.g > 0).all()):
            return math.inf
        found = float((np.abs(self.matrices - self.image) / self.scale).max())
        if self.conserves:
            miss, size = self.conservation
            found = max(found, abs(miss) / size if size else 0.0)
        return found if math.isfinite(found) else math.inf

    @lazy
    def conserves(self) -> bool:
        """Whether the conservation law has smaller terms than the equation that it replaces."""
        return self.conservation[1] <= float((self.slopes * self.matrices).sum())

    @lazy
    def scale(self) -> Array:
        """Root of the product of diagonal elements, shape (2, J, J)."""
        root = np.sqrt(np.maximum(np.einsum("iaa->ia", self.matrices), 1e-300))
        return np.asarray(root[:, :, None] * root[:, None, :])

    @lazy
    def second(self) -> Array:
        """t_p[ab, cd] = psi <s^p H_ac H_bd>, p = 0, 1, 2 (eq-ratio-aware-second-order)."""
        eq = self.at
        count, size = self.h.shape[:2]
        flat = self.h.reshape(count, -1)
        out = []
        for power in range(3):
            t = (flat.T * (eq.psi * eq.h * eq.s**power)) @ flat
            out.append(t.reshape((size,) * 4).transpose(0, 2, 1, 3).reshape(size**2, size**2))
        return np.stack(out)

    @lazy
    def derivative(self) -> Array:
        """T'(M) = t a on stacked (M1, M0), shape (2 J^2, 2 J^2)."""
        eq = self.at
        size = eq.phi.shape[1] ** 2
        pairs = np.einsum("ka,kb->kab", eq.phi, eq.phi).reshape(-1, size)
        own = np.concatenate([pairs * c[:, None] for c in eq.energy], axis=1)
        a = (own.T * (eq.weight / self.g**2)) @ own
        return np.asarray(self.spread @ a)

    @lazy
    def spread(self) -> Array:
        """The matrix t on (s, 1) times symmetric matrices."""
        t0, t1, t2 = self.second
        return np.block([[t2, t1], [t1, t0]])

    @lazy
    def slope(self) -> Array:
        """Gradient of psi X - Y, as on stacked (M1, M0): a positive functional."""
        eq = self.at
        size = eq.phi.shape[1]
        penalty = eq.penalty.reshape(-1)
        # <phi' H E H phi e_k> of each class.
        inner = (self.second @ penalty).reshape(3, size, size)
        loads = np.einsum("ka,pab,kb->pk", eq.phi, inner, eq.phi)
        load = eq.energy[0] * loads[1] + eq.energy[1] * loads[0]
        return self._classes((eq.base + eq.e * load) / self.g**2).ravel()

    def balanced(self, right: Array, total: float | None, scale: Array) -> Array:
        """Solve (I - T') x = right, where slope . x = total, if known, may replace one equation.

        A' (I - T') = slope at the solution, so that the new equation is implied by the old ones;
        next to the threshold, where I - T' is nearly singular, it is the accurate one.
        """
        scale = scale.ravel()
        matrix = (np.eye(scale.size) - self.derivative) * scale / scale[:, None]
        right = right.ravel() / scale
        size = self.penalty_size
        if total is not None and self.conserves:
            diagonal = np.concatenate([np.arange(size) * (size + 1) + i * size**2 for i in (0, 1)])
            replaced = diagonal[np.argmax((self.slopes.ravel() * scale)[diagonal])]
            row = self.slope * scale
            if self.at.base == self.at.e == 0:  # homogeneous: only ratios are defined
                row, total = np.eye(scale.size)[replaced], 0.0
            largest = np.abs(row).max()
            matrix[replaced], right[replaced] = row / largest, total / largest
        try:
            found = np.linalg.solve(matrix, right)
        except np.linalg.LinAlgError:
            found = np.full(right.size, math.nan)
        return np.asarray(found * scale).reshape(2, size, size)

    @property
    def penalty_size(self) -> int:
        """J."""
        return int(self.at.penalty.shape[0])

    def newton(self) -> State:
        """Return the next point of Newton's method, on the conservation law for one equation."""
        step = self.balanced(self.matrices - self.image, self.conservation[0], self.scale)
        return State(self.at, _symmetric(self.matrices - step))

    def descended(self) -> State:
        """Return the next point of Newton's method, (I - T')^-1 (T - T' M), without differences.

        T - T' M = e psi <(s, 1) H E H> + base t sum (w/g^2) (a, b d0) phi phi' is positive.
        """
        eq = self.at
        squared = (self.second @ eq.penalty.ravel())[1::-1].ravel()
        rest = eq.e * squared + eq.base * (self.spread @ self._classes(self.g**-2).ravel())
        return State(self.at, _symmetric(self.balanced(rest, None, self.scale)))

    def scaled(self) -> State:
        """Return c T(M) on which the conservation law holds, to a few digits."""
        image = self.image
        if self.at.base == self.at.e == 0:
            return State(self.at, image / np.trace(image[0]))

        def miss(log_c: float) -> float:
            factor = math.exp(min(max(log_c, -LARGEST_LOG), LARGEST_LOG))
            return State(self.at, factor * image).conservation[0]

        low, high = -1.0, 1.0
        for _ in range(DOUBLINGS):
            if miss(low) < 0:
                break
            low, high = low - (high - low), low
        for _ in range(DOUBLINGS):
            if miss(high) > 0:
                break
            low, high = high, high + (high - low)
        for _ in range(12):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if miss(middle) > 0 else (middle, high)
        log_c = min(max(0.5 * (low + high), -LARGEST_LOG), LARGEST_LOG)
        return State(self.at, math.exp(log_c) * image)


def solve(at: Equations, *, between: bool = False) -> State:
    """Return the solution.

    `between`: some directions have more rows than they need and others fewer. The conservation
    law then says little about either; Newton's method descends from above, M = T(inf), to the
    unique solution instead.

    Raises
    ------
    ConvergenceError
        If the residual stays above 1e-12.
    """
    with np.errstate(all="ignore"):
        at = at.in_coordinates(_tempered(at, np.eye(at.phi.shape[1])))
        state = None
        # Of far fewer rows than directions the conservation law says little either.
        if not (between or at.delta > FAR):
            near = _orthonormal(_best(_ascent(_first(at), ROUGH)))
            state = _settled(_best(_ascent(near)))
        if state is None or not state.residual <= ACCEPTED:
            state = _settled(_orthonormal(_settled(_best(_descent(at), at)), at.first))
    if not state.residual <= ACCEPTED:
        raise ConvergenceError(
            f"the ratio-aware fixed point did not converge at d/N = {at.psi!r}, ridge = "
            f"{at.base * at.e!r} of the mean eigenvalue: residual {state.residual:.3g}, allowed "
            f"{ACCEPTED:.3g}"
        )
    return state


def _best(states: Iterator[State], at: Equations | None = None) -> State:
    """Return the state of the least residual, on the given constants."""
    best = next(states)
    for state in states:
        best = min(best, state, key=lambda x: x.residual)
    return State(at or best.at, best.matrices)


def _tempered(at: Equations, change: Array) -> Array:
    """Return new coordinates scaled so that none is penalised by more than one.

    The sizes of all others are numbers then, even squared.
    """
    penalty = np.einsum("ai,ab,bi->i", change, at.penalty, change)
    return np.asarray(change / np.sqrt(1 + at.e * penalty))


def _orthonormal(state: State, first: int = 0) -> State:
    """Return the state in coordinates in which rows are orthonormal as the solution weighs them.

    All but the first. Just below the threshold few ratios weigh much, and coordinates chosen by
    all rows are alike.
    """
    eq = state.at
    load = eq.weight / state.g * eq.energy.sum(axis=0)
    if eq.phi.shape[1] <= first + 1 or not (np.isfinite(load).all() and state.residual <= ROUGH):
        return state
    rows = np.sqrt(load)[:, None] * eq.phi
    change = np.diag(1 / np.sqrt((rows**2).sum(axis=0)))
    change[first:, first:] = orthonormal(rows[:, first:])
    change = _tempered(eq, change)
    if not np.isfinite(change).all():
        return state
    back = np.linalg.inv(change)
    return State(eq.in_coordinates(change), _symmetric(back @ state.matrices @ back.T))


def _settled(state: State) -> State:
    """Return a state polished as far as rounding allows."""
    for _ in range(POLISH):
        if state.residual <= AIM:
            break
        better = state.newton()
        if not better.residual < state.residual:
            break
        state = better
    return state


def _first(at: Equations) -> State:
    """Return a state on which the conservation law holds."""
    shape = np.diag(1 / np.diag(at.penalty))
    return State(at, np.stack([shape / at.d0, shape / at.energy.max()])).scaled()


def _ascent(state: State, accepted: float = ACCEPTED) -> Iterator[State]:
    """Newton where it helps, else the scaled image."""
    for _ in range(MAX_STEPS):
        yield state
        if state.residual <= accepted:
            return
        better = state.newton()
        helps = better.residual < 0.9 * state.residual and _is_positive(better)
        state = better if helps else state.scaled()


def _descent(at: Equations) -> Iterator[State]:
    """Newton from M = T(inf), which it decreases to the unique solution.

    T(inf) needs e > 0: otherwise a ridge too small to matter.
    """
    at = replace(at, e=at.e or LEAST)
    widest = at.psi / at.e * _inverse(at.penalty[None])[0]
    state = State(at, np.stack([at.h @ at.s * widest, at.h.sum() * widest]))
    for _ in range(MAX_STEPS):
        yield state
        if state.residual <= ACCEPTED:
            return
        state = state.descended()


def _is_positive(state: State) -> bool:
    scaled = state.matrices / state.scale
    return bool(np.isfinite(scaled).all() and (np.linalg.eigvalsh(scaled) > 0).all())


def missed(state: State, s: Array, one: Array, phi_t: Array) -> tuple[Array, Array]:
    """Return one minus the learned fraction at eigenvalues s, and its error per unit of rounding.

    `one`: the constant function 1; `phi_t`: the polynomials at the test ratio.
    """
    one, phi_t = _turned(state, one, phi_t)
    own, beyond = _missed(state, s, one), 1 - phi_t @ one
    size = np.sqrt(np.einsum("naa->na", state.resolvent(s)))
    rough = (np.abs(own) / size).max(axis=1) * (size @ np.abs(phi_t))
    return beyond + own @ phi_t, 4 * rough + abs(beyond)


def _turned(state: State, one: Array, phi_t: Array) -> tuple[Array, Array]:
    """Return the function 1 and the polynomials in the coordinates of a state."""
    change = state.at.change
    return np.asarray(np.linalg.solve(change, one)), np.asarray(phi_t @ change)


def _missed(state: State, s: Array, one: Array) -> Array:
    """Return one minus the learned fraction, in coordinates (eq-ratio-aware-mean)."""
    eq = state.at
    surplus = np.einsum("k,ka->a", eq.weight / state.g * eq.surplus, eq.phi)
    rest = eq.e * (eq.penalty @ one) + (eq.d0 - s)[:, None] * surplus
    return np.asarray(np.einsum("nab,nb->na", state.resolvent(s), rest))


def variances(
    state: State,
    mask: Array,
    loss: Array,
    signal: tuple[Array, Array],
    one: Array,
    phi_t: Array,
    p_t: float,
) -> Array:
    """Return design variance and noise variance per unit of noise (eq-ratio-aware-variance).

    `mask`, `loss`: the classes' mask ratios and loss weights; `signal`: eigenvalues and mass of
    beta; `one`: the constant function 1; `phi_t`: the polynomials at the test ratio p_t.
    """
    eq = state.at
    one, phi_t = _turned(state, one, phi_t)
    q_t = 1 - p_t
    s, mass = (x[signal[0] > 0] for x in signal)
    if q_t == 0:
        return np.zeros(2)
    own = _missed(state, s, one) @ eq.phi.T
    residual = loss * ((mass * s) @ (mask + (1 - mask) * own) ** 2)
    residual += eq.energy[1] * (mass @ (1 - own) ** 2)
    if eq.base == eq.e == 0:
        return np.array([math.inf if residual.max() > 0 else 0.0, math.inf])
    test = np.multiply.outer([q_t * q_t, q_t * p_t * eq.d0], np.outer(phi_t, phi_t))
    seen = (state.spread @ test.ravel()).reshape(test.shape)
    # What is seen spreads to coordinates in which it is nothing.
    spread = seen + (state.derivative @ seen.ravel()).reshape(seen.shape)
    scale = _grades(spread, state.matrices)
    u = state.balanced(seen, float((state.slopes * seen).sum()), scale)
    share = (eq.energy * np.einsum("ka,iab,kb->ik", eq.phi, u, eq.phi)).sum(axis=0)
    share *= eq.weight / state.g**2
    found = np.array([share @ residual, share @ loss])
    if not np.isfinite(found).all():
        raise ConvergenceError(
            f"{phi_t.size} polynomials in so narrow a law of mask ratios are beyond the range of "
            f"floating-point numbers at test_mask_ratio = {p_t!r}; use a lower degree"
        )
    return found
