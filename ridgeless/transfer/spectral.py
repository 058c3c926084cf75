r"""A probe after pretraining, from the spectrum alone."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking
from ridgeless.parts import TransferRisk
from ridgeless.row_classes import Fill
from ridgeless.spectrum import Spectrum, as_spectrum
from ridgeless.target import LinearTarget, Rows
from ridgeless.transfer.filter import spectral_filter
from ridgeless.transfer.question import Question
from ridgeless.transfer.representation import Representation, along

__all__ = ["transfer_risk"]

Array = NDArray[np.float64]


def transfer_risk(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    aspect_ratio: ArrayLike = 2.0,
    target: LinearTarget | None = None,
    probe_ridge: ArrayLike | Literal["best"] = "best",
    depth: ArrayLike = 1.0,
    bottleneck: ArrayLike | None = None,
    rows: Rows = "all",
    fill: Fill = "zero",
) -> TransferRisk:
    r"""Return the risk of a ridge probe on what linear masked pretraining has learnt.

    .. math:: R = R_0\big(s B(s)^{2c};\ \beta^2 / B(s)^{2c}\big), \qquad
              B(s) = \frac{s}{s + \lambda_p}

    by eq-transfer: pretraining sees abundant unlabelled rows and fresh masks, the probe n labelled
    rows without masks. In coordinates of the representation :math:`z = B^c x` that is an unmasked
    ridge regression, :math:`R_0`, which `ridgeless.risk` knows. The mask ratio chooses the prior
    of the probe: isotropic at 0, along the leading components towards 1.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, s, shape (atoms,)
        As in `ridgeless.risk`: features of one variance, or delocalised eigenvectors.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
        Of pretraining; infinitely many masks of each row. At 1 the limit p -> 1, in which B is
        proportional to s.
    aspect_ratio : gamma = d/n, float or array in [0, inf]
        Features per labelled sample.
    target : LinearTarget
        What the labels follow.
    probe_ridge : float or array in [0, inf), or "best"
        Ridge of the probe, in units of the representation's mean variance; by default the one of
        smallest risk.
    depth : c, float or array in (0, inf)
        How much of the filter the representation has: 1 the output, 1/2 the hidden layer of a
        balanced two-layer linear autoencoder, l/L the l-th of L layers.
    bottleneck : float or array in (0, 1], or None
        Share of the d directions that the representation keeps, leading ones first.
    rows : "all" or "masked"
        Whether all features are in the loss of pretraining (denoising), or masked ones only
        (eq-filter-masked), then with depth 1 and without a bottleneck.
    fill : "zero" or "rescale"
        What pretraining rows show of masked entries. One ratio does not see it.

    Returns
    -------
    TransferRisk
        A `Risk` of which `bias` has what the representation lost, with `probe_ridge`.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For a finite number of masks per sample.

    Examples
    --------
    Isotropic features leave pretraining nothing to find. At any ratio the best probe is Bayes'
    estimator, with ridge gamma/snr and the risk sqrt(2) - 1 here:

    >>> import ridgeless as rl
    >>> task = rl.LinearTarget(snr=1.0)
    >>> found = rl.transfer_risk([1.0], [0.0, 0.75], aspect_ratio=0.5, target=task)
    >>> found.total.round(9), found.probe_ridge.round(4)
    (array([0.41421356, 0.41421356]), array([0.5, 0.5]))

    A task along the leading components wants a high ratio:

    >>> spectrum = rl.Spectrum.power_law(0.7, dimension=1000)
    >>> aligned = rl.LinearTarget(snr=4.0, alignment=1.0)
    >>> rl.transfer_risk(spectrum, [0.0, 0.85], aspect_ratio=10.0, target=aligned).total.round(3)
    array([0.29 , 0.234])
    """
    population = as_spectrum(spectrum)
    if not isinstance(target, LinearTarget):
        raise DomainError(
            "target must be a LinearTarget: a probe is trained on labels that follow "
            f"y = x'beta + noise, got {target!r}"
        )
    question = Question.of(
        mask_ratio,
        aspect_ratio=aspect_ratio,
        probe_ridge=probe_ridge,
        depth=depth,
        bottleneck=bottleneck,
        rows=rows,
        fill=fill,
    )
    if question.masking.groups is not None:
        raise DomainError(
            "groups must be None in transfer_risk, which knows no features, only their spectrum; "
            "covariance_transfer_risk masks features in groups"
        )
    values, weights = population.eigenvalues, population.weights
    signal = _signal(target, population)
    variance = float(target.signal_variance)

    def represent(lam: float, depth: float, bottleneck: float) -> Representation:
        filtered = spectral_filter(values, weights, lam, question.rows)
        return along(values, weights, signal, filtered, depth, bottleneck)

    with np.errstate(over="ignore"):
        noise = variance / np.asarray(target.snr, dtype=np.float64)
    return question.answer(represent, variance, noise, "snr")


def _signal(target: LinearTarget, population: Spectrum) -> Array:
    """Return the variance of the task along each eigenvalue, ascending."""
    alignment: Any = target.alignment
    values, weights = population.eigenvalues, population.weights
    if isinstance(alignment, str) or np.ndim(alignment) == 0:
        # By the masses of one direction each; their scale is that of the total.
        masses = weights * target.masses(values)
    else:
        masses = np.asarray(alignment, dtype=np.float64)
        if masses.shape != (len(population),):
            raise DomainError(
                f"alignment must hold one mass for each of the {len(population)} atoms of the "
                f"spectrum, got shape {masses.shape}"
            )
        masses = masses[population.order] / max(masses.max(), 1e-300)
    signal = masses * values
    total = float(signal.sum())
    if not total > 0:
        raise DomainError(
            "alignment must put signal on a positive eigenvalue, got no signal variance"
        )
    return np.asarray(signal * (target.signal_variance / total))
