"""How well a model fills in what is hidden, relative to knowing nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ridgeless import DomainError, RatioLaw, UniformRatio
from validation.datasets.tokens import Tokens
from validation.masking import Masker, RatioSampler
from validation.models import Masked
from validation.target_groups import column_groups

__all__ = ["MISMATCHED", "TEST_RATIOS", "Reconstruction", "components", "reconstruction"]

TEST_RATIOS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
#: Test ratios drawn per sample, whatever the training ratio.
MISMATCHED = "0.3-0.7"
BATCH = 500
NOTHING = 1e-9  # a share of the variance that is rounding
LEAST_TESTED = 100  # a smaller test set is gone through several times, with other masks
LEAST = 1e-9  # a ratio that hides one unit of whatever shape
SEED = 20250921  # of the masks on which every model is tested


@dataclass(frozen=True)
class Reconstruction:
    """Risks relative to the best constant prediction (1 is no better), by test ratio."""

    risk: dict[str, float]
    cross_entropy: dict[str, float] | None
    targets: dict[str, dict[str, float]]


def reconstruction(
    model: Masked,
    data: Tokens,
    device: torch.device,
    test_ratios: Sequence[float] = TEST_RATIOS,
    inputs: NDArray[Any] | None = None,
    shape: str = "independent",
) -> Reconstruction:
    """Return the squared error on hidden tokens over that of the mean, on `data.test`.

    Ratio 0 hides one token per sample, or one unit of a `Masker`'s shape. Symbols count as
    indicators, predicted by their probabilities, and the cross-entropy is given beside them.

    Every model sees the same masks, so that differences between models are paired.

    Raises
    ------
    DomainError
        If what is hidden never differs from the mean: there is no error to compare with.
    """
    samples = data.test if inputs is None else inputs
    samples = np.concatenate([samples] * -(-LEAST_TESTED // len(samples)))
    parts = {"all": np.ones_like(next(iter(groups(data).values()))), **groups(data)}
    found: dict[str, dict[str, float]] = {name: {} for name in parts}
    entropies: dict[str, float] = {}
    laws: dict[str, RatioLaw | float] = {f"{ratio:g}": ratio for ratio in test_ratios}
    laws[MISMATCHED] = UniformRatio(0.3, 0.7)
    for key, law in laws.items():
        wrong, null, entropy = _tested(
            model, data, samples, _masks(data, law, len(samples), shape), device
        )
        for name, part in parts.items():
            scale = (null * part).sum()
            if not scale > 0:
                raise DomainError(
                    f"hidden values of {data.name} must vary over its test samples, but at test "
                    f"ratio {key} none does"
                )
            found[name][key] = float((wrong * part).sum() / scale)
        entropies[key] = entropy
    risk = found.pop("all")
    return Reconstruction(risk, entropies if data.symbols else None, found)


def components(
    model: Masked, data: Tokens, device: torch.device
) -> list[dict[str, float | int]] | None:
    """Return the relative risk along principal components, in octaves; None for symbols.

    Octaves along which the test samples do not vary are left out.

    Half of the tokens is predicted from the other half and vice versa, so that every value is
    predicted from inputs in which it was hidden.
    """
    if data.symbols:
        return None
    half = _masks(data, 0.5, len(data.test))
    predicted = sum(
        _predict(model, data, data.test, hidden, device) * hidden[..., None]
        for hidden in (half, ~half)
    )
    used = data.counted
    truth, vectors = data.test[:, used], _vectors(data)
    wrong = np.square((np.asarray(predicted)[:, used] - truth) @ vectors).mean(axis=0)
    null = np.square(truth @ vectors).mean(axis=0)
    edges = [2**k - 1 for k in range(int(np.log2(len(null))) + 1)] + [len(null)]
    return [
        {"first": a + 1, "last": b, "risk": float(wrong[a:b].sum() / null[a:b].sum())}
        for a, b in itertools.pairwise(edges)
        if null[a:b].sum() > NOTHING * null.sum()
    ]


@lru_cache(maxsize=8)
def groups(data: Tokens) -> Mapping[str, NDArray[np.bool_]]:
    """Return the columns that are easy and hard to predict linearly; see `column_groups`."""
    return column_groups(data)


@lru_cache(maxsize=8)
def _vectors(data: Tokens) -> NDArray[np.float64]:
    """Return principal components of the training pool, largest first, in columns."""
    rows = data.train[:, data.counted].astype(np.float64)
    return np.asarray(np.linalg.eigh(rows.T @ rows)[1][:, ::-1])


@lru_cache(maxsize=64)
def _masks(
    data: Tokens, law: RatioLaw | float, samples: int, shape: str = "independent"
) -> NDArray[np.bool_]:
    rng = np.random.default_rng([SEED, samples])
    if law == 0 and shape == "independent":
        hidden = np.zeros((samples, data.length), dtype=bool)
        hidden[np.arange(samples), rng.integers(data.length, size=samples)] = True
        return hidden
    law = law or LEAST  # hides one unit
    sampler = RatioSampler(law, "sample" if isinstance(law, RatioLaw) else "batch", rng, rank=0)
    return Masker(sampler, data.grid, shape=shape).draw(samples)


def _predict(
    model: Masked,
    data: Tokens,
    samples: NDArray[Any],
    hidden: NDArray[np.bool_],
    device: torch.device,
) -> NDArray[np.float32]:
    """Return values, or logarithms of probabilities of symbols, (samples, L, channels)."""
    model.to(device).eval()
    done: list[Tensor] = []
    with torch.no_grad():
        for at in range(0, len(samples), BATCH):
            inputs = torch.as_tensor(samples[at : at + BATCH]).to(device)
            inputs = inputs.long() if data.symbols else inputs
            predicted = model(inputs, torch.as_tensor(hidden[at : at + BATCH]).to(device)).float()
            done.append((predicted.log_softmax(dim=2) if data.symbols else predicted).cpu())
    return torch.cat(done).numpy()


def _tested(
    model: Masked,
    data: Tokens,
    samples: NDArray[Any],
    hidden: NDArray[np.bool_],
    device: torch.device,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return squared errors and null errors per column, and the relative cross-entropy."""
    predicted = _predict(model, data, samples, hidden, device)[hidden]  # (hidden tokens, channels)
    truth = data.columns(samples)[hidden]
    if not data.symbols:
        error, null = np.square(predicted - truth), np.square(truth)
        wrong, empty = (
            _per_column(part, hidden, data.length) * data.counted for part in (error, null)
        )
        return wrong, empty, float("nan")
    frequency = np.bincount(data.train.ravel(), minlength=data.symbols) / data.train.size
    surprise = -np.log(np.maximum(frequency, 1 / data.train.size))
    entropy = -predicted[truth > 0].astype(np.float64).sum() / (truth @ surprise).sum()
    error, null = np.square(np.exp(predicted) - truth), np.square(frequency - truth)
    return error.sum(axis=0, dtype=np.float64), null.sum(axis=0, dtype=np.float64), float(entropy)


def _per_column(
    values: NDArray[np.float32], hidden: NDArray[np.bool_], length: int
) -> NDArray[np.float64]:
    """Return sums over samples of values at hidden tokens, (L, channels)."""
    sums = np.zeros((length, values.shape[1]))
    np.add.at(sums, np.nonzero(hidden)[1], values)
    return sums
