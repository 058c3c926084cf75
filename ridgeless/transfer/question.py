"""Arguments of the fronts, checked and broadcast, and the answer put together from its cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, real_array, require
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking, masking_of
from ridgeless.parts import TransferRisk
from ridgeless.target import Rows
from ridgeless.transfer.filter import damping
from ridgeless.transfer.probe import Probe
from ridgeless.transfer.representation import Representation

__all__ = ["Question"]

Array = NDArray[np.float64]

BEST = "best"


@dataclass(frozen=True)
class Question:
    """What is asked of a probe: schemes of pretraining, and a grid of cells."""

    masking: Masking
    rows: Rows
    lam: Array  #: lambda_p over d0 of each scheme, shape (schemes,)
    arguments: dict[str, Array]  #: what a cell is made of, before broadcasting
    best: bool  #: whether the ridge of the probe is the best one

    @classmethod
    def of(
        cls,
        mask_ratio: Masking | RatioLaw | ArrayLike,
        *,
        aspect_ratio: ArrayLike,
        probe_ridge: ArrayLike | str,
        depth: ArrayLike,
        bottleneck: ArrayLike | None,
        rows: str,
        fill: str,
        groups: ArrayLike | None = None,
    ) -> Question:
        """Check the arguments."""
        if rows not in ("all", "masked"):
            raise DomainError(f"rows must be 'all' or 'masked', got {rows!r}")
        masking = masking_of(
            mask_ratio,
            masks_per_sample=math.inf,
            rows="masked" if rows == "masked" else None,
            fill=fill,
            groups=groups,
            usual=math.inf,
        ).with_rows("all")
        if masking.masks != math.inf:
            raise NotImplementedError(
                f"masks_per_sample = {masking.masks:g} is not derived for pretraining: leave it "
                "out, or infinite; simulations has finite numbers"
            )
        return cls(
            masking,
            masking.rows or "all",
            damping(masking),
            {
                "aspect_ratio": nonnegative_array("aspect_ratio", aspect_ratio, finite=False),
                "depth": _depth(depth),
                "bottleneck": _bottleneck(bottleneck),
                "probe_ridge": _ridge(probe_ridge),
            },
            isinstance(probe_ridge, str),
        )._checked()

    def _checked(self) -> Question:
        """Refuse what is not derived where only masked features are in the loss."""
        if self.rows == "masked":
            for name in ("depth", "bottleneck"):
                array = self.arguments[name]
                why = "be 1 with rows = 'masked': hidden layers and bottlenecks are not derived"
                require(name, array, array == 1, why)
        return self

    def answer(
        self,
        represent: Callable[[float, float, float], Representation],
        variance: float,
        noise: Array,
        argument: str,
    ) -> TransferRisk:
        """Return the risk in every cell.

        Parameters
        ----------
        represent : (lambda_p over d0, depth, bottleneck) -> Representation
        variance : beta' Sigma beta
        noise : sigma^2, broadcasts with the arguments
        argument : by which the caller gave it
        """
        numbers = np.arange(self.lam.size).reshape(self.masking.shape)
        named = {"mask_ratio": numbers, **self.arguments, argument: noise}
        try:
            arrays = np.broadcast_arrays(*named.values())
        except ValueError:
            shapes = ", ".join(f"{name} {x.shape}" for name, x in named.items() if x.ndim)
            raise DomainError(
                f"the arguments must broadcast together, got the shapes {shapes}"
            ) from None
        shape = arrays[0].shape
        scheme, gamma, depth, bottleneck, ridge, loud = (np.ravel(x) for x in arrays)
        parts = np.empty((4, scheme.size))
        whole = np.stack((self.lam[scheme], depth, bottleneck))
        kinds, places = np.unique(whole, axis=1, return_inverse=True)
        for number, (lam, c, k) in enumerate(kinds.T):
            own = np.flatnonzero(places.ravel() == number)
            probe = Probe(represent(float(lam), float(c), float(k)))
            found = (
                probe.best(gamma[own], loud[own])
                if self.best
                else probe.at(gamma[own], loud[own], ridge[own])
            )
            parts[:, own] = np.stack(found)
        bias, design, noisy, used = (x.reshape(shape) if shape else x.item() for x in parts)
        with np.errstate(divide="ignore"):
            snr = variance / noise
        parameters = {"mask_ratio": self.masking.ratio, **self.arguments, "snr": snr}
        return TransferRisk(
            bias=bias,
            design_variance=design,
            noise_variance=noisy,
            null=_filled(variance, shape),
            noise=_filled(noise, shape),
            parameters=parameters | {"probe_ridge": used},
            probe_ridge=used,
        )


def _filled(values: Any, shape: tuple[int, ...]) -> Any:
    found = np.broadcast_to(np.asarray(values, dtype=np.float64), shape)
    return found.copy() if shape else found.item()


def _depth(depth: ArrayLike) -> Array:
    array = real_array("depth", depth)
    return require("depth", array, (array > 0) & np.isfinite(array), "be positive and finite")


def _bottleneck(bottleneck: ArrayLike | None) -> Array:
    array = real_array("bottleneck", 1.0 if bottleneck is None else bottleneck)
    return require("bottleneck", array, (array > 0) & (array <= 1), "lie in (0, 1]")


def _ridge(probe_ridge: ArrayLike | str) -> Array:
    if isinstance(probe_ridge, str):
        if probe_ridge != BEST:
            raise DomainError(
                f"probe_ridge must be 'best' or a number of at least 0, got {probe_ridge!r}"
            )
        return np.asarray(0.0)
    return nonnegative_array("probe_ridge", probe_ridge, finite=True)
