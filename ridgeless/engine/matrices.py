r"""Resolvents of matrices: features of unequal variance, masked one by one or in groups.

Everything is in coordinates in which D is diagonal, and that leave out what never varies: the
eigenvectors of D inside each group. With a ridge that comes from masks, a matrix P, coordinates
are divided by its root, so that the ridge is a number again (eq-dense-ridge).

Where all classes have the same b/a (one mask ratio, infinitely many masks) rows have the second
moments a (Sigma + (b/a) D), one matrix: in its eigenbasis the problem is an unmasked one on a
spectrum (`Aligned`, eq-one-matrix). Otherwise H is inverted step by step, in the eigenbasis of
Sigma, where zero eigenvalues are exact zeros (`Pencil`, eq-dense-fixed-point).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.covariance import rounding
from ridgeless.engine.resolvent import Gaps, Missed, Spectral, whole
from ridgeless.engine.sums import Moments
from ridgeless.engine.thresholds import LINEAR_ALGEBRA
from ridgeless.errors import ConvergenceError
from ridgeless.lazy import lazy
from ridgeless.spectrum import Spectrum

__all__ = ["Aligned", "Coordinates", "Pencil"]

Array = NDArray[np.float64]

#: Below this share of its largest possible value a square has lost digits.
CANCELS = 1e-6


@dataclass(frozen=True)
class Form:
    """The square v'Mv of vectors under a positive semi-definite matrix, summed over columns."""

    matrix: Array  #: shape (r, r), or (r,) if diagonal

    @lazy
    def root(self) -> Array:
        """R with R'R the matrix, by pivoted Cholesky."""
        from scipy.linalg.lapack import dpstrf

        factor, pivots, rank, _ = dpstrf(self.matrix)
        root = np.empty((rank, len(self.matrix)))
        root[:, pivots - 1] = np.triu(factor)[:rank]
        return root

    @lazy
    def trace(self) -> float:
        """The trace."""
        return float(self.matrix.sum() if self.matrix.ndim == 1 else self.matrix.trace())

    def __call__(self, vectors: Array) -> float:
        """Return the square; with the root where the product would cancel, so never below 0."""
        square = float(np.sum(vectors * _times(self.matrix, vectors)))
        if self.matrix.ndim == 1 or square > CANCELS * self.trace * float(np.sum(vectors**2)):
            return square
        return float(np.sum((self.root @ vectors) ** 2))


@dataclass(frozen=True)
class Coordinates:
    """Sigma, D and the signals in some coordinates; the ridge is a multiple of the identity."""

    sigma: Array  #: shape (r, r), or (r,) if diagonal
    masked: Array  #: D, shape (r, r), or (r,) if diagonal
    own: Array  #: what the ridge without masks is in these coordinates: shape (r,)
    beta: Array  #: signals, shape (r, t): risks add over them
    total: int  #: number of features d

    def divided(self, root: Array) -> Coordinates:
        """Return these coordinates, in which D is diagonal, divided by `root` (eq-dense-ridge)."""
        return Coordinates(
            self.sigma / root[:, None] / root,
            self.masked / root**2,
            self.own / root**2,
            self.beta * root[:, None],
            self.total,
        )

    @lazy
    def sigma_beta(self) -> Array:
        """Sigma beta."""
        return _times(self.sigma, self.beta)

    @lazy
    def masked_beta(self) -> Array:
        """D beta."""
        return _times(self.masked, self.beta)

    @lazy
    def sigma_form(self) -> Form:
        """The square of vectors under Sigma."""
        return Form(self.sigma)

    @lazy
    def masked_form(self) -> Form:
        """The square of vectors under D."""
        return Form(self.masked)

    @lazy
    def signal(self) -> float:
        """Beta' Sigma beta, summed over signals."""
        return self.sigma_form(self.beta)

    def missed(
        self, inverse: Any, e: float, beta: float, gaps: Gaps, unseen: float, hidden: float
    ) -> Missed:
        """Return what is not learnt; `inverse` applies H to vectors.

        By eq-dense-mean-predictor, which subtracts nothing, and eq-dense-residual.
        """
        level = gaps.fit * self.beta + gaps.held * (self.own[:, None] * self.beta)
        level += gaps.unequal * self.masked_beta
        level += gaps.extra * (self.masked_beta - self.sigma_beta)
        rest = inverse(level)  # beta less the mean predictor
        missed = unseen * self.beta + (1 - unseen) * rest
        power = self.masked_form(self.beta - rest)
        bias = self.sigma_form(missed) + hidden * power
        # 1 - alpha H Sigma, applied to beta.
        shift = inverse(e * self.beta + beta * self.masked_beta)
        gap = scatter = 0.0
        if self.signal > 0:
            gap = float(np.sum(self.sigma_beta * shift)) / self.signal
            scatter = self.sigma_form(shift - gap * self.beta)
        return Missed(bias, power, self.signal, gap, scatter)


@dataclass(frozen=True)
class Aligned:
    """All classes see one matrix, Sigma + tilt D; H has its eigenvectors."""

    at: Coordinates
    tilt: float  #: b/a of every class
    spectral: Spectral  #: of its eigenvalues, with floor and no zeros
    values: Array  #: the eigenvalues, in the units of `spectral`
    vectors: Array

    @classmethod
    def of(cls, at: Coordinates, tilt: float) -> tuple[Aligned, Spectrum]:
        """Return the resolvent, in units of the spectrum of Sigma + tilt D, and that."""
        from scipy.linalg import eigh

        one = at.sigma.copy()
        one.flat[:: len(one) + 1] += tilt * at.masked
        values, vectors = eigh(one, overwrite_a=True)
        values = np.where(values > rounding(at.total) * values[-1], values, 0.0)
        spectrum = Spectrum(np.append(np.zeros(at.total - values.size), values))
        s, h = spectrum.nodes
        first = int(s[0] == 0)
        spectral = Spectral(
            s,
            h,
            spectrum.tail,
            s[:0],
            s[:0],
            first,
            0,
            spectrum.mean / spectrum.scale,
            float(s[first]),
            float(spectrum.tail[first]),
            float(spectrum.tail[0]),
        )
        unit, live = spectrum.scale, vectors[:, values > 0]
        # Nothing is learnt of a signal in directions of which rows know nothing.
        beta = np.sqrt(unit) * (live @ (live.T @ at.beta))
        inside = Coordinates(at.sigma / unit, at.masked / unit, at.own, beta, at.total)
        return cls(inside, tilt, spectral, values / unit, vectors), spectrum

    @property
    def d0(self) -> float:
        """Unit of index 1."""
        return self.spectral.d0

    @property
    def floor(self) -> float:
        """Unit of index 0, which no class sees."""
        return self.spectral.floor

    @property
    def above(self) -> float:
        """Directions that rows have something in."""
        return self.spectral.above

    @property
    def total(self) -> float:
        """All directions."""
        return self.spectral.total

    @lazy
    def diagonals(self) -> tuple[Array, Array]:
        """Sigma and D in the eigenbasis: their diagonals."""
        seen = np.einsum("ij,ij->j", self.vectors, self.at.sigma @ self.vectors)
        return seen, self.at.masked @ self.vectors**2

    def whole(self, e: float, alpha: float, beta: float) -> Moments:
        """Moments of the one matrix that rows see."""
        return Moments(*whole(self.spectral, e, alpha, 0.0))

    def loads(
        self, found: Moments, e: float, alpha: float, beta: float, unseen: float, hidden: float
    ) -> tuple[float, float]:
        """Loads of a test input, which sees Sigma and D in other proportions than the rows."""
        seen, masked = self.diagonals
        present = self.values > 0
        test = ((1 - unseen) ** 2 * seen + hidden * masked)[present]
        inverse = 1 / (e + alpha * self.values[present])
        load = float(np.sum(self.values[present] * inverse * test * inverse)) / self.at.total
        return load, 0.0

    def signal(
        self, e: float, alpha: float, beta: float, gaps: Gaps, unseen: float, hidden: float
    ) -> Missed:
        """What is missed; masks of rows count as scatter, since they are no class of their own."""
        inverse = np.divide(
            1.0, e + alpha * self.values, out=np.zeros_like(self.values), where=self.values > 0
        )

        def apply(vectors: Array) -> Array:
            return np.asarray(self.vectors @ (inverse[:, None] * (self.vectors.T @ vectors)))

        found = self.at.missed(apply, e, alpha * self.tilt, gaps, unseen, hidden)
        reach = 1 + gaps.extra / alpha
        scatter = found.scatter + self.tilt * found.power / reach**2
        return found._replace(scatter=scatter, power=0.0)


@dataclass(frozen=True)
class Pencil:
    """Classes see Sigma and D in several proportions; Sigma is diagonal, ascending."""

    at: Coordinates
    accepted: float = LINEAR_ALGEBRA
    _last: dict[tuple[float, float, float], Array] = field(default_factory=dict, repr=False)

    @lazy
    def d0(self) -> float:
        """Mean variance over all features."""
        return float(self.at.sigma.sum()) / self.at.total

    @property
    def floor(self) -> float:
        """Unit of index 0, whose matrix is D itself."""
        return self.d0

    @property
    def above(self) -> float:
        """Directions that rows have something in."""
        return float(self.at.sigma.size)

    @property
    def total(self) -> float:
        """All directions."""
        return float(self.at.total)

    def inverse(self, e: float, alpha: float, beta: float) -> Array:
        """Return H; the last one is kept, for the read-out."""
        from scipy.linalg.lapack import dpotrf, dpotri

        key = (float(e), float(alpha), float(beta))
        if key not in self._last:
            matrix = beta * self.at.masked
            matrix.flat[:: matrix.shape[0] + 1] += e + alpha * self.at.sigma
            # Scaled to a unit diagonal: its grades, however many, are then harmless.
            root = np.sqrt(matrix.diagonal())
            matrix /= root[:, None]
            matrix /= root
            factor, failed = dpotrf(matrix.T, lower=0, overwrite_a=1)
            if failed:
                raise ConvergenceError(
                    "the masked covariance is singular to rounding: variances of so many orders, "
                    "or features of a group so nearly collinear, need a ridge"
                )
            half = dpotri(factor, lower=0, overwrite_c=1)[0]
            whole = np.triu(half) + np.triu(half, 1).T
            self._last.clear()
            self._last[key] = whole / root[:, None] / root
        return self._last[key]

    def moments(self, e: float, alpha: float, beta: float) -> tuple[Moments, Moments, float]:
        """Split the eigenvectors of Sigma where e H = 1/2."""
        h, s, size = self.inverse(e, alpha, beta), self.at.sigma, self.at.total
        product = self.at.masked @ h
        square = h * h
        p1, p0 = s * h.diagonal(), product.diagonal()
        e1, e0 = e * (square @ s), e * np.einsum("ij,ji->i", h, product)
        q10 = np.einsum("i,ij,ji->i", s, h, product)
        q00 = np.einsum("ij,ji->i", product, product)
        columns = np.stack([e * h.diagonal(), p1, p0, e1, e0, s * (square @ s), q10, q00])
        high = columns[0] <= 0.5
        below, above = columns[:, ~high].sum(axis=1), columns[:, high].sum(axis=1)
        return (
            Moments(*(below / size).tolist()),
            Moments(*(above / size).tolist()),
            float(np.count_nonzero(high)),
        )

    def whole(self, e: float, alpha: float, beta: float) -> Moments:
        """Moments over all directions."""
        low, high, _ = self.moments(e, alpha, beta)
        return Moments(*(x + y for x, y in zip(low, high, strict=True)))

    def loads(
        self, found: Moments, e: float, alpha: float, beta: float, unseen: float, hidden: float
    ) -> tuple[float, float]:
        """Loads of a test input, a mixture of Sigma and D."""
        seen = (1 - unseen) ** 2
        return (
            seen * found.q11 + hidden * found.q10,
            seen * found.q10 + hidden * found.q00,
        )

    def signal(
        self, e: float, alpha: float, beta: float, gaps: Gaps, unseen: float, hidden: float
    ) -> Missed:
        """What is missed of the signal."""
        return self.at.missed(self.inverse(e, alpha, beta).dot, e, beta, gaps, unseen, hidden)


def _times(matrix: Array, vectors: Array) -> Array:
    """Multiply by a matrix that may be given by its diagonal."""
    return np.asarray(matrix @ vectors if matrix.ndim == 2 else matrix[:, None] * vectors)
