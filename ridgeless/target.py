"""What is predicted: the signal's mass along the spectrum, and the noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, real_array, real_scalar, require
from ridgeless.errors import DomainError
from ridgeless.spectrum import Nodes, Spectrum

__all__ = ["LinearTarget", "MaskedFeature", "Rows", "Signal", "Target", "checked_target"]

Array = NDArray[np.float64]
Rows = Literal["masked", "all"]


class Signal(NamedTuple):
    """A target on a spectrum: where beta lies, how strong it is, and the noise."""

    nodes: Nodes  # squared mass of beta per eigenvalue; values in units of the spectrum's scale
    variance: float  # beta' Sigma beta, the risk of predicting 0
    noise: Array  # sigma^2, of the shape of the target's snr
    shared: bool = False  # whether the noise grows with the power of a row, as a feature's does


class Target(Protocol):
    """Anything that says which rows it trains on and what signal it puts on a spectrum."""

    @property
    def rows(self) -> Rows:
        """Which training rows the target uses unless the caller says otherwise."""

    def on(self, spectrum: Spectrum) -> Signal:
        """Return the signal and noise on `spectrum`."""


@dataclass(frozen=True)
class MaskedFeature:
    r"""A typical masked feature, predicted from the others: masked autoencoding's own task.

    With delocalised eigenvectors everything follows from the spectrum (eq-masked-feature). The
    target itself is never an input, so that beta lives on the covariance without it, whose
    eigenvalues t interlace those of Sigma: with :math:`m(z) = \langle 1/(s - z) \rangle`,

    .. math:: m(t_i) = 0, \qquad b_2(t_i) = \frac{1}{t_i^2\, m'(t_i)}, \qquad
              \sigma^2 = \frac{1}{m(0)}.

    Training rows count only where the target is masked.

    Examples
    --------
    >>> signal = MaskedFeature().on(Spectrum([0.5, 1.5]))
    >>> float(signal.noise), signal.variance  # harmonic mean; what is left of the variance
    (0.75, 0.25)
    """

    @property
    def rows(self) -> Rows:
        """Rows whose target feature is masked."""
        return "masked"

    def on(self, spectrum: Spectrum) -> Signal:
        """Return the signal and noise of the typical feature of `spectrum`."""
        s, h = spectrum.nodes
        noise = 0.0 if s[0] == 0 else spectrum.scale / float((h / s).sum())
        if s.size == 1:  # isotropic: the other features say nothing
            return Signal(Nodes(s, np.zeros(1)), 0.0, np.asarray(noise), shared=True)
        values, loads = spectrum.without_one
        masses = spectrum.scale * loads / values**2
        nodes, variance = Nodes(values, masses), float((masses * values).sum())
        return Signal(nodes, variance, np.asarray(noise), shared=True)


@dataclass(frozen=True, eq=False)
class LinearTarget:
    r"""A linear task :math:`y = x'\beta + \varepsilon` (eq-linear-target).

    Parameters
    ----------
    snr : float or array, in (0, inf]
        Signal-to-noise ratio :math:`\beta'\Sigma\beta/\sigma^2`; broadcasts with the other
        arguments of `risk`.
    alignment : "isotropic", float or array_like of shape (atoms,)
        Where beta lies: equal mass in every direction; mass proportional to ``s**alignment`` in
        every direction; or beta's mass on each atom, in the order given to `Spectrum`.
    signal_variance : float, in (0, inf)
        :math:`\beta'\Sigma\beta`, the risk of predicting 0.

    Raises
    ------
    DomainError
        If an argument is outside its range, or the signal has no variance on the spectrum.

    Examples
    --------
    >>> float(LinearTarget(snr=4.0).on(Spectrum([1.0])).noise)
    0.25
    """

    snr: ArrayLike = 1.0
    alignment: str | float | ArrayLike = "isotropic"
    signal_variance: float = 1.0

    def __post_init__(self) -> None:
        snr = real_array("snr", self.snr)
        require("snr", snr, snr > 0, "be positive (inf is allowed)")
        level = real_scalar("signal_variance", self.signal_variance)
        if not 0 < level < math.inf:
            raise DomainError(f"signal_variance must be positive and finite, got {level!r}")
        if isinstance(self.alignment, str):
            if self.alignment != "isotropic":
                raise DomainError(
                    "alignment must be 'isotropic', a number or an array of masses, "
                    f"got {self.alignment!r}"
                )
        elif np.ndim(self.alignment) == 0:
            power = real_array("alignment", self.alignment)
            require("alignment", power, np.isfinite(power), "be finite")
        else:
            masses = nonnegative_array("alignment", self.alignment, finite=True)
            if masses.size and not masses.any():
                raise DomainError("alignment must put mass on some atom, got only zeros")

    @property
    def rows(self) -> Rows:
        """Every row: a downstream label is there whatever is masked."""
        return "all"

    def on(self, spectrum: Spectrum) -> Signal:
        """Return the signal and noise on `spectrum`."""
        if isinstance(self.alignment, str) or np.ndim(self.alignment) == 0:
            power = 0.0 if isinstance(self.alignment, str) else float(np.asarray(self.alignment))
            values, weights = spectrum.nodes
            masses = weights * self._power(values, power)
        else:
            given = real_array("alignment", self.alignment)
            if given.shape != (len(spectrum),):
                raise DomainError(
                    f"alignment must hold one mass for each of the {len(spectrum)} atoms of the "
                    f"spectrum, got shape {given.shape}"
                )
            values, masses = spectrum.measure(given[spectrum.order] / max(given.max(), 1e-300))
        strength = math.fsum(masses * values)
        if not strength > 0:
            raise DomainError(
                "alignment must put signal on a positive eigenvalue, got no signal variance"
            )
        masses = masses * (self.signal_variance / strength)
        with np.errstate(over="ignore"):
            noise = self.signal_variance / np.asarray(self.snr, dtype=np.float64)
        return Signal(Nodes(values, masses), float(self.signal_variance), noise)

    def masses(self, eigenvalues: Array) -> Array:
        """Return the squared mass of beta along each eigenvector, eigenvalues ascending."""
        if isinstance(self.alignment, str) or np.ndim(self.alignment) == 0:
            power = 0.0 if isinstance(self.alignment, str) else float(np.asarray(self.alignment))
            masses = self._power(eigenvalues, power)
        else:
            masses = real_array("alignment", self.alignment)
            if masses.shape != eigenvalues.shape:
                raise DomainError(
                    f"alignment must hold one mass for each of the {eigenvalues.size} "
                    f"eigenvectors, got shape {masses.shape}"
                )
        strength = float(masses @ eigenvalues)
        if not strength > 0:
            raise DomainError(
                "alignment must put signal on a positive eigenvalue, got no signal variance"
            )
        return np.asarray(masses * (self.signal_variance / strength))

    @staticmethod
    def _power(values: Array, power: float) -> Array:
        """Return values**power up to a factor that keeps the largest at one."""
        if power == 0:
            return np.ones_like(values)
        if values[0] == 0 and power < 0:
            raise DomainError(
                f"alignment must be at least 0 on a spectrum with zero eigenvalues, got {power!r}"
            )
        return np.asarray((values / (values[-1] if power > 0 else values[0])) ** power)

    def __eq__(self, other: object) -> bool:
        """Compare by value, arrays included."""
        return isinstance(other, LinearTarget) and self._key() == other._key()

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        snr = np.asarray(self.snr, dtype=np.float64)
        alignment = self.alignment
        if not isinstance(alignment, str):
            array = np.asarray(alignment, dtype=np.float64)
            return snr.shape, snr.tobytes(), array.shape, array.tobytes(), self.signal_variance
        return snr.shape, snr.tobytes(), alignment, self.signal_variance


def checked_target(target: Target | None) -> Target:
    """Return the target, by default a masked feature, if it is one."""
    if target is None:
        return MaskedFeature()
    if isinstance(target, type) or not (hasattr(target, "rows") and hasattr(target, "on")):
        raise DomainError(f"target must be MaskedFeature() or LinearTarget(...), got {target!r}")
    return target
