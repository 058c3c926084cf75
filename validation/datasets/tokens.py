"""Samples made of tokens that are masked as a whole: the one form in which data reaches models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError

__all__ = ["Tokens", "shuffled", "split", "standardised"]

#: The seed of the one order in which samples are taken, and the share that is held out.
ORDER, HELD_OUT = 7, 0.2


@dataclass(frozen=True, eq=False)
class Tokens:
    """A data set whose samples are sequences of tokens, and a held-out part.

    Parameters
    ----------
    name : str
        What tables call it.
    train, test : array
        Values of shape (samples, L, channels), float32 (`standardised` makes them), or symbols of
        shape (samples, L), integers below `symbols`.
    grid : (int, int)
        Rows and columns of tokens, with product L; text is (1, L).
    symbols : int, optional
        Size of the alphabet; 0 for values.
    used : array of bool, shape (L, channels), optional
        Values that count in the risk. The others never vary and are 0.
    train_labels, test_labels : array of int, shape (samples,), optional
        What a probe reads off the representation.
    ordered : bool
        Whether neighbouring tokens belong together, as convolutions assume.

    Raises
    ------
    DomainError
        If the shapes do not fit, values are not finite, or symbols lie outside the alphabet.
    """

    name: str
    train: NDArray[Any]
    test: NDArray[Any]
    grid: tuple[int, int]
    symbols: int = 0
    used: NDArray[np.bool_] | None = None
    train_labels: NDArray[np.int64] | None = None
    test_labels: NDArray[np.int64] | None = None
    ordered: bool = True

    def __post_init__(self) -> None:
        axes = 2 if self.symbols else 3
        for name in ("train", "test"):
            part = getattr(self, name)
            if part.ndim != axes or part.shape[1] != self.length or part.shape[0] == 0:
                raise DomainError(
                    f"{name} of {self.name} must have {axes} axes, samples, and L = {self.length} "
                    f"tokens each, got shape {part.shape}"
                )
            if self.symbols:
                if part.min() < 0 or part.max() >= self.symbols:
                    raise DomainError(
                        f"symbols of {self.name} must lie in 0 to {self.symbols - 1}, "
                        f"got {part.min()} to {part.max()}"
                    )
            elif not np.isfinite(part).all():
                raise DomainError(f"{name} of {self.name} must be finite, got nan or inf")
        if self.length < 2:
            raise DomainError(f"{self.name} must have at least 2 tokens per sample")
        for name in ("train", "test"):
            labels = getattr(self, f"{name}_labels")
            if labels is not None and labels.shape != getattr(self, name).shape[:1]:
                raise DomainError(f"{name}_labels of {self.name} must be one per sample")

    @property
    def length(self) -> int:
        """L, tokens per sample."""
        return self.grid[0] * self.grid[1]

    @property
    def channels(self) -> int:
        """Numbers per token that a model predicts: values, or one logit per symbol."""
        return self.symbols or int(self.train.shape[2])

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Which values count in the risk, shape (L, channels)."""
        everything = np.ones((self.length, self.channels), dtype=bool)
        return everything if self.used is None else self.used

    def columns(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return samples as values of shape (samples, L, channels); symbols as indicators."""
        if not self.symbols:
            return np.asarray(samples, dtype=np.float32)
        return np.asarray(np.eye(self.symbols, dtype=np.float32)[samples])


def shuffled(samples: int) -> NDArray[np.int64]:
    """Return the numbers of samples in an order that is always the same."""
    return np.random.default_rng(ORDER).permutation(samples)


def split(samples: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which samples are for training, and the fifth, at least one, that is held out."""
    order, held = shuffled(samples), max(1, int(HELD_OUT * samples))
    return order[held:], order[:held]


def standardised(
    train: NDArray[Any], test: NDArray[Any], least_used: float = 0.0
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return both parts with mean 0 and variance 1 in `train`, and the values that are used.

    Values that never vary, or are above their smallest in fewer than a share `least_used` of the
    training samples, become 0: a value that is blank in most small samples has no scale.
    """
    mean, scale = train.mean(axis=0), train.std(axis=0)
    used = (scale > 1e-12) & ((train > train.min(axis=0)).mean(axis=0) >= least_used)
    if not used.any():
        raise DomainError(
            f"some value must vary in at least {least_used:.0%} of the training samples, but none "
            "does"
        )
    scale = np.where(used, scale, 1.0)
    train, test = (np.where(used, (part - mean) / scale, 0.0) for part in (train, test))
    return train.astype(np.float32), test.astype(np.float32), used
