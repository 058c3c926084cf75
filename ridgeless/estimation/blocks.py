r"""Features that are masked together, in coordinates where masks act as on single features.

With D the diagonal blocks of Sigma, :math:`D^{-1/2}\Sigma D^{-1/2}` has unit blocks on its
diagonal: whitening inside each group does for groups what dividing by standard deviations does for
single features. In these coordinates a mask over groups adds noise of covariance qp I, so that the
risk follows from the spectrum. This is exact for infinitely many masks per sample and for fewer
features than rows, where predictions do not depend on the coordinates; the norm in min-norm
regression on fewer rows than features, and in a ridge, is that of the new ones.

A feature x_j is then a unit vector u in the block of its group G, predicted from all other groups.
By the Schur complement, with R the resolvent of the covariance,

.. math:: u'(R_{GG})^{-1}u = 1 - z - \kappa'(\Sigma_{-G} - z)^{-1}\kappa ,

where kappa is the covariance of x_j with the other groups. So its reciprocal is what the entry
:math:`R_{jj}` is for a feature that is masked alone (eq-masked-feature), and the mean of the left
side over features stands for a typical one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.estimation.sample_spectrum import SampleSpectrum
from ridgeless.spectrum import Spectrum
from ridgeless.target import LinearTarget

__all__ = ["Blocks", "task_of"]

Array = NDArray[np.float64]

COLLINEAR = 1e-10  # singular values below this share of the largest are rounding
NOTHING = 1e-12  # a signal that is none


@dataclass(frozen=True)
class Blocks:
    """Rows that are white inside each group, and where the features went."""

    rows: Array  # shape (n, e), e at most d: collinear features of a group share directions
    places: tuple[slice, ...]  # of each group's directions
    loadings: tuple[Array, ...]  # per group: a unit vector for each feature, shape (size, e_G)
    members: tuple[NDArray[np.intp], ...]  # of each group's features

    @classmethod
    def of(cls, rows: Array, labels: NDArray[np.intp]) -> Blocks:
        """Whiten standardised rows inside each group; `labels` count from 0."""
        samples = rows.shape[0]
        pieces, places, loadings, members, start = [], [], [], [], 0
        for label in range(int(labels.max()) + 1):
            own = np.flatnonzero(labels == label)
            left, singular, right = np.linalg.svd(rows[:, own], full_matrices=False)
            kept = singular > COLLINEAR * singular[0]
            pieces.append(left[:, kept] * np.sqrt(samples))
            loadings.append(right[kept].T * singular[kept] / np.sqrt(samples))
            places.append(slice(start, start + int(kept.sum())))
            members.append(own)
            start = places[-1].stop
        return cls(np.hstack(pieces), tuple(places), tuple(loadings), tuple(members))

    def schur(self, sample: SampleSpectrum, weights: Array | None = None) -> Array:
        """Return u'(R_GG)^-1 u at the sample's points, a mean over columns, weighted if asked."""
        values, vectors = _eigenpairs(self.rows)
        inverse = 1 / (values / sample.mean + sample.points[:, None])
        sums, total = np.zeros(sample.points.size), 0.0
        for place, loading, own in zip(self.places, self.loadings, self.members, strict=True):
            share = np.ones(len(own)) if weights is None else weights[own]
            loading, share = loading[share > 0], share[share > 0]
            if len(loading) == 0:
                continue
            seen = vectors[place]
            block = np.einsum("ik,lk,jk->lij", seen, inverse, seen, optimize=True)
            block += (np.eye(len(seen)) - seen @ seen.T) / sample.points[:, None, None]
            right = np.broadcast_to(loading.T, (*block.shape[:2], len(loading)))
            solved = np.linalg.solve(block, right)
            sums += np.einsum("j,ji,lij->l", share, loading, solved, optimize=True)
            total += share.sum()
        return np.asarray(sums / total)


def task_of(sample: SampleSpectrum, schur: Array) -> tuple[Spectrum, LinearTarget]:
    """Return the spectrum and the task of predicting a feature from what it sees of the rows.

    The spectrum comes with the points on which the signal lies: they have no weight and count
    for nothing else.
    """
    from ridgeless.numerics.interlacing import interlace

    spectrum = Spectrum(*sample.population())
    s, weights = sample.seen_by(1 / schur)
    if s.size == 1:
        return spectrum, LinearTarget(snr=NOTHING, signal_variance=NOTHING)
    zeros, loads = np.empty(s.size - 1), np.empty(s.size - 1)
    interlace(s, weights, zeros, loads)
    variance = float((loads / zeros).sum())
    snr = np.inf if s[0] == 0 else variance * float((weights / s).sum())
    population = Spectrum(
        np.append(spectrum.eigenvalues, zeros), np.append(spectrum.weights, 0 * zeros)
    )
    masses = np.append(0 * spectrum.eigenvalues, loads / zeros**2)
    return population, LinearTarget(snr=snr, alignment=masses, signal_variance=variance)


def _eigenpairs(rows: Array) -> tuple[Array, Array]:
    """Return positive eigenvalues and their eigenvectors of the sample covariance."""
    from scipy.linalg import eigh

    samples, features = rows.shape
    if samples < features:
        values, left = eigh(rows @ rows.T / samples)
        kept = values > COLLINEAR * values[-1]
        return values[kept], rows.T @ left[:, kept] / np.sqrt(samples * values[kept])
    values, vectors = eigh(rows.T @ rows / samples)
    kept = values > COLLINEAR * values[-1]
    return values[kept], vectors[:, kept]
