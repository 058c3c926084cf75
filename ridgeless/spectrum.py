"""The population spectrum of a covariance: eigenvalues with weights."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, real_array, real_scalar, require
from ridgeless.errors import DomainError
from ridgeless.lazy import lazy

__all__ = ["Spectrum"]

Array = NDArray[np.float64]

REMEMBERED = 100_000  # atoms

# Below this share of the mean an eigenvalue acts as the limit s -> 0+ to the last digit.
_SMALLEST = 1e-80
# Fewer of the directions are none: their square would leave the range of numbers.
_RAREST = 1e-140


class Nodes(NamedTuple):
    """Points and masses whose sums stand for the sums over all eigenvalues."""

    values: Array  # ascending, in units of `Spectrum.scale`
    masses: Array


class Spectrum:
    """The distribution of the eigenvalues of a population covariance Sigma.

    Any positive number of atoms, in any order; they are kept sorted. Only its shape
    matters, not how many features d it stands for: splitting an atom changes nothing.

    Parameters
    ----------
    eigenvalues : array_like, s, shape (atoms,), in [0, inf), not all zero
        Eigenvalues of Sigma.
    weights : array_like, h, shape (atoms,), in [0, inf), optional
        Share of the d directions at each eigenvalue, up to a common factor. Equal by default.

    Raises
    ------
    DomainError
        If the eigenvalues are empty, negative, infinite, nan, complex, all zero or not
        one-dimensional, or the weights do not match them.

    Examples
    --------
    >>> Spectrum([3.0, 1.0]).eigenvalues
    array([1., 3.])
    >>> Spectrum([3.0, 1.0], weights=[1, 3]).mean
    1.5
    """

    eigenvalues: Array
    weights: Array
    _given: Array
    _counts: Array

    def __init__(self, eigenvalues: ArrayLike, weights: ArrayLike | None = None) -> None:
        values = real_array("eigenvalues", eigenvalues)
        if values.ndim == 2:
            raise DomainError(
                f"eigenvalues must be one-dimensional, got shape {values.shape}; for a covariance "
                "matrix use Spectrum.from_covariance or covariance_risk, for a data matrix "
                "Spectrum.from_data"
            )
        if values.ndim != 1 or values.size == 0:
            raise DomainError(
                "eigenvalues must be a one-dimensional array of at least one number, "
                f"got shape {values.shape}"
            )
        values = nonnegative_array("eigenvalues", values, finite=True)
        shares = np.ones(values.size)
        if weights is not None:
            shares = nonnegative_array("weights", weights, finite=True)
            if shares.shape != values.shape:
                raise DomainError(
                    f"weights must match the {values.size} eigenvalues, got shape {shares.shape}"
                )
        # Counts stay whole numbers until the last division, so that a share like k/n has one
        # rounding: the position of a threshold depends on it.
        total = float(values.size if weights is None else shares.sum(dtype=np.longdouble))
        if not 0 < total < math.inf:
            raise DomainError(f"weights must have a positive finite sum, got {total!r}")
        # By a power of two, which rounds nothing, so that no product of counts overflows.
        power = -math.frexp(total)[1]
        shares, total = np.ldexp(shares, power), math.ldexp(total, power)
        shares[shares < _RAREST] = 0.0
        if not ((shares > 0) & (values > 0)).any():
            raise DomainError("eigenvalues must not all be zero (where they have weight)")
        object.__setattr__(self, "_given", values)
        if weights is None:  # no share has to follow its eigenvalue
            values = np.sort(values)
        else:
            values, shares = values[self.order], shares[self.order]
        for name, array in (
            ("eigenvalues", values),
            ("weights", shares / total),
            ("_counts", shares),
        ):
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not math.isfinite(self.mean):
            raise DomainError("eigenvalues must have a finite mean, got a mean of inf")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Spectrum is immutable; make a new one instead of setting {name}")

    @lazy
    def order(self) -> NDArray[np.intp]:
        """Where each of the sorted eigenvalues stood among those given."""
        order = np.argsort(self._given, kind="stable")
        order.flags.writeable = False
        return order

    @lazy
    def mean(self) -> float:
        """Mean eigenvalue d0, the common variance of the features when they are exchangeable."""
        return float((self.weights * self.eigenvalues).sum())

    @lazy
    def zero_mass(self) -> float:
        """Share f0 of the directions that carry no variance."""
        return float(self.weights[self.eigenvalues == 0].sum())

    @lazy
    def positive_mass(self) -> float:
        """Share 1 - f0 of the directions that carry variance."""
        return float(self.tail[int(self.nodes.values[0] == 0)] / self.tail[0])

    @lazy
    def scale(self) -> float:
        """Power of two within a factor two below the mean: units in which nothing is rounded."""
        return math.ldexp(1.0, math.frexp(self.mean)[1] - 1)

    @lazy
    def _counted(self) -> Nodes:
        return self.measure(self._counts)

    @lazy
    def nodes(self) -> Nodes:
        """Points and masses, in units of `scale`, that stand for the whole spectrum in a solve."""
        values, counts = self._counted
        return Nodes(values, counts / counts.sum())

    @lazy
    def tail(self) -> Array:
        """How many directions there are at each node and above it, as weighted; 0 at the end."""
        counts = self._counted.masses.astype(np.longdouble)
        sums = np.append(np.cumsum(counts[::-1])[::-1], 0)
        return np.asarray(sums, dtype=np.float64)

    @lazy
    def without_one(self) -> Nodes:
        """Zeros of mean 1/(s - z) and the loads 1/m' there (eq-masked-feature)."""
        from ridgeless.numerics.interlacing import interlace

        s, h = self.nodes
        values, loads = np.empty(s.size - 1), np.empty(s.size - 1)
        interlace(s, h, values, loads)
        return Nodes(values, loads)

    def measure(self, masses: Array) -> Nodes:
        """Nodes for `masses` per sorted eigenvalue, in units of `scale`."""
        from ridgeless.numerics.compression import compress

        values, kept = self.eigenvalues / self.scale, masses > 0
        if not kept.all():
            values, masses = values[kept], masses[kept]
        values[(values > 0) & (values < _SMALLEST)] = _SMALLEST
        return Nodes(*compress(values, masses))

    def __len__(self) -> int:
        """Return the number of atoms."""
        return int(self.eigenvalues.size)

    def __eq__(self, other: object) -> bool:
        """Compare atom by atom."""
        if not isinstance(other, Spectrum):
            return NotImplemented
        return np.array_equal(self.eigenvalues, other.eigenvalues) and np.array_equal(
            self.weights, other.weights
        )

    def __hash__(self) -> int:
        """Hash the atoms."""
        return hash((self.eigenvalues.tobytes(), self.weights.tobytes()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the arguments in the order they were given (for pickle and copy)."""
        values, shares = np.empty_like(self.eigenvalues), np.empty_like(self.weights)
        values[self.order], shares[self.order] = self.eigenvalues, self._counts
        return Spectrum, (values, shares)

    def __repr__(self) -> str:
        """Show the size, mean and range."""
        low, high = self.eigenvalues[0], self.eigenvalues[-1]
        plural = "" if len(self) == 1 else "s"
        size = f"{len(self)} atom{plural}"
        return f"Spectrum({size}, mean {self.mean:.4g}, from {low:.4g} to {high:.4g})"

    # --- constructors ---------------------------------------------------------------------------

    @classmethod
    def isotropic(cls, variance: float = 1.0) -> Spectrum:
        """Return the spectrum of Sigma = variance * I.

        Examples
        --------
        >>> Spectrum.isotropic(2.0)
        Spectrum(1 atom, mean 2, from 2 to 2)
        """
        return cls([_positive("variance", variance)])

    @classmethod
    def spiked(cls, spikes: ArrayLike, dimension: int, bulk: float = 1.0) -> Spectrum:
        """Return `dimension` eigenvalues at `bulk`, of which some are replaced by `spikes`.

        Examples
        --------
        >>> Spectrum.spiked([10.0, 5.0], dimension=100).mean
        1.13
        """
        values = np.atleast_1d(nonnegative_array("spikes", spikes, finite=True))
        size = count("dimension", dimension)
        if values.ndim != 1 or values.size > size:
            raise DomainError(
                f"spikes must be at most dimension = {size} numbers, got shape {values.shape}"
            )
        level = float(nonnegative_array("bulk", real_scalar("bulk", bulk), finite=True))
        if values.size == size:
            return cls(values)
        return cls(np.append(values, level), np.append(np.ones(values.size), size - values.size))

    @classmethod
    def power_law(cls, exponent: float, dimension: int) -> Spectrum:
        """Return eigenvalues proportional to ``i**-exponent``, i = 1 ... dimension, with mean 1.

        Examples
        --------
        >>> Spectrum.power_law(1.0, dimension=2).eigenvalues
        array([0.66666667, 1.33333333])
        """
        size = count("dimension", dimension)
        power = real_scalar("exponent", exponent)
        if not math.isfinite(power):
            raise DomainError(f"exponent must be finite, got {power!r}")
        # Logarithms relative to the largest: no exponent overflows.
        logs = -power * np.log(np.arange(1.0, size + 1))
        values = np.exp(logs - logs.max())
        return cls(values / (values.sum() / size))

    @classmethod
    def ar1(cls, correlation: float, dimension: int) -> Spectrum:
        r"""Return the spectrum of the Toeplitz covariance ``correlation**abs(i - j)``.

        Its eigenvalues are :math:`(1-\rho^2)/(1-2\rho\cos\theta+\rho^2)` at the d angles in
        :math:`(0, \pi)` where :math:`(d-1)\theta + 2\arg(e^{i\theta}-\rho)` is a multiple of
        :math:`\pi`; one vectorised root search, no matrix.

        Examples
        --------
        >>> Spectrum.ar1(0.5, dimension=2).eigenvalues
        array([0.5, 1.5])
        """
        from scipy.optimize import elementwise

        size = count("dimension", dimension)
        rho = abs(real_scalar("correlation", correlation))  # the sign only alternates eigenvectors
        if not rho < 1:
            raise DomainError(f"correlation must lie in (-1, 1), got {correlation!r}")
        if size == 1 or rho == 0:
            return cls(np.ones(size))

        def phase(theta: Array, multiple: Array) -> Array:
            angle = np.arctan2(np.sin(theta), np.cos(theta) - rho)
            return np.asarray((size - 1) * theta + 2 * angle - multiple * np.pi)

        multiples = np.arange(1.0, size + 1)
        ends = np.zeros(size), np.full(size, np.pi)
        theta = elementwise.find_root(phase, ends, args=(multiples,)).x
        gap = (1 - rho) ** 2 + 4 * rho * np.sin(theta / 2) ** 2
        return cls((1 - rho) * (1 + rho) / gap)

    @classmethod
    def latent_factors(cls, rank: int, dimension: int, strength: float) -> Spectrum:
        """Return the latent-space model: `rank` eigenvalues ``1 + strength``, the rest 1.

        Examples
        --------
        >>> Spectrum.latent_factors(rank=10, dimension=100, strength=4.0).mean
        1.4
        """
        size, factors = count("dimension", dimension), count("rank", rank, least=0)
        if factors > size:
            raise DomainError(f"rank must be at most dimension = {size}, got {factors}")
        added = float(nonnegative_array("strength", real_scalar("strength", strength), finite=True))
        return cls([1.0, 1.0 + added], [size - factors, factors])

    @classmethod
    def from_covariance(cls, matrix: ArrayLike, standardize: bool = True) -> Spectrum:
        """Return the spectrum of a covariance matrix.

        Parameters
        ----------
        matrix : array_like, Sigma, shape (d, d), symmetric, positive semi-definite
            Eigenvalues within ``d * eps * max`` of zero count as zero.
        standardize : bool
            Use the correlation matrix: the spectral formulas hold when all features have the
            same variance.

        Raises
        ------
        DomainError
            If the matrix is not square, finite, symmetric and positive semi-definite, or (with
            `standardize`) a feature has no variance.

        Examples
        --------
        >>> Spectrum.from_covariance([[4.0, 1.0], [1.0, 1.0]]).eigenvalues
        array([0.5, 1.5])
        """
        from scipy.linalg import eigvalsh

        sigma = real_array("matrix", matrix)
        if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.size == 0:
            raise DomainError(f"matrix must be square, got shape {sigma.shape}")
        require("matrix", sigma, np.isfinite(sigma), "be finite")
        size = sigma.shape[0]
        if np.abs(sigma - sigma.T).max() > 1e-8 * np.abs(sigma).max():
            raise DomainError("matrix must be symmetric")
        if standardize:
            deviations = np.diag(sigma)
            if not (deviations > 0).all():
                feature = int(np.argmin(deviations))
                raise DomainError(
                    "matrix must have positive variances on its diagonal to be standardized, got "
                    f"{deviations[feature]!r} for feature {feature}; drop that feature"
                )
            roots = np.sqrt(deviations)
            sigma = sigma / roots / roots[:, None]
        values = eigvalsh(sigma)
        threshold = size * np.finfo(float).eps * np.abs(values).max()
        values[np.abs(values) <= threshold] = 0.0
        if values[0] < 0:
            raise DomainError(
                f"matrix must be positive semi-definite, got the eigenvalue {float(values[0])!r}"
            )
        return cls(values)

    @classmethod
    def from_data(cls, X: ArrayLike, standardize: bool = True) -> Spectrum:
        """Return an estimate of the POPULATION spectrum from samples.

        The eigenvalues of the sample covariance are spread out by noise; this inverts that
        (see `ridgeless.estimation.sample_spectrum`), with fewer or more samples than features.

        It assumes what the theory of spectra does: independent rows, many features, eigenvectors
        spread over them, no factor that grows with their number. Few real tables are like that;
        `recommend` rests on the rows themselves and assumes none of it.

        Parameters
        ----------
        X : array_like or data frame, shape (n, d), finite, n at least 10
            Rows are samples. No missing values; no constant columns if `standardize`.
        standardize : bool
            Estimate the spectrum of the correlation matrix, which standardised features have.

        Returns
        -------
        Spectrum
            A few atoms. Individual atoms are not meaningful; sums over them are.

        Raises
        ------
        DomainError
            If X is not a finite table of at least 10 rows, or has constant columns.

        Examples
        --------
        >>> rows = np.random.default_rng(0).normal(size=(400, 200))
        >>> estimate = Spectrum.from_data(rows)
        >>> sample = np.linalg.eigvalsh(np.corrcoef(rows.T))
        >>> bool(np.ptp(sample) > 2)  # the sample's spectrum is wide, the population's a point
        True
        >>> float(round(estimate.weights @ (estimate.eigenvalues - 1) ** 2, 1))
        0.0
        """
        from ridgeless.estimation.rows import rows_of
        from ridgeless.estimation.sample_spectrum import SampleSpectrum, standardized

        rows = standardized(rows_of(X)[0], standardize)
        return cls(*SampleSpectrum.of(rows).population())


def _positive(name: str, value: float) -> float:
    number = real_scalar(name, value)
    if not 0 < number < math.inf:
        raise DomainError(f"{name} must be positive and finite, got {number!r}")
    return number


def as_spectrum(spectrum: Spectrum | ArrayLike) -> Spectrum:
    """Return `spectrum` itself, or the equal-weight spectrum of an array of eigenvalues.

    The last few arrays are remembered: asking about the same eigenvalues again does not compress
    them again.
    """
    if isinstance(spectrum, Spectrum):
        return spectrum
    if (
        isinstance(spectrum, np.ndarray)
        and spectrum.dtype == np.float64
        and spectrum.ndim == 1
        and spectrum.size <= REMEMBERED
    ):
        return _remembered(spectrum.tobytes())
    return Spectrum(spectrum)


@lru_cache(maxsize=8)
def _remembered(data: bytes) -> Spectrum:
    return Spectrum(np.frombuffer(data))
