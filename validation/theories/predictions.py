r"""The risk that theories of real rows predict, beside what a network was measured to have.

`measured` and the theories are risks at the same tokens (`places`), each hidden in all test rows
beside a share of the others, relative to predicting the mean. Every theory is `ridgeless.rows_risk`
of n samples under infinitely many masks (eq-rows-risk); they differ in what the regression sees:

- "linear": the other tokens themselves;
- "random features": a frozen random layer of the network's width (GELU), linear read-out;
- "trained features": the last hidden layer of the trained network, linear read-out, on rows that
  its training has not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

import ridgeless as rl
from validation.datasets.tokens import Tokens
from validation.models import Masked
from validation.named_ratio import named_ratio
from validation.reconstruction import TEST_RATIOS
from validation.theories.features import frozen_layer, last_layer
from validation.theories.places import counted, frequency, inputs_of, places, rows_of

__all__ = ["TESTS", "THEORIES", "linear", "measured", "random_features", "trained_features"]

Array = NDArray[np.float64]
Samples = NDArray[np.int64]
Features = Callable[[Array], Array]

#: Test ratios at which linear theory is asked: those of runs.
TESTS = TEST_RATIOS
THEORIES = ("linear", "random features", "trained features")
#: Ridge over the mean square of what the regression sees: next to none.
RIDGE = {"linear": 1e-6, "features": 1e-3}
#: Populations, each of n rows: the regression on them, exactly, with 32 masks of each sample for
#: infinitely many where features are not linear. Rows of rare symbols need more than leading order.
REPLICATES = 2
#: Rows on which the mean square of features is taken.
SCALE_ROWS = 200
BATCH, SEED = 500, 0


def measured(model: Masked, data: Tokens, device: torch.device, test_ratio: float = 0.0) -> float:
    """Return the risk of a model at the places, with a share of the other tokens hidden."""
    model.to(device).eval()
    tests, mean = rows_of(data, data.test), _mean(data)
    rng = np.random.default_rng(SEED)
    wrong = null = 0.0
    for token in places(data):
        asked, used = tests.without(token), counted(data)[token]
        gone = rng.random((len(asked.X), data.length)) < test_ratio
        seen = np.where(np.repeat(gone, data.channels, axis=1), 0.0, asked.X)
        predicted = _predicted(model, data, seen, token, device)[:, used] - mean[token, used]
        wrong += float(np.square(predicted - asked.y).sum())
        null += float(np.square(asked.y).sum())
    return wrong / null


def linear(data: Tokens, rest: Samples, ratio: str, n: int, tests: tuple[float, ...]) -> Array:
    """Return the risk of linear regression on n of the rows, at each test ratio."""
    return np.array([_risk(data, rest, ratio, n, None, RIDGE["linear"], test) for test in tests])


def random_features(
    data: Tokens, rest: Samples, ratio: str, n: int, width: int, device: torch.device
) -> float:
    """Return the risk of regression on a frozen random layer of that width."""

    def of(token: int) -> Features:
        return frozen_layer(data, width, token, SEED, device)

    return _risk(data, rest, ratio, n, of, RIDGE["features"])


def trained_features(
    model: Masked,
    data: Tokens,
    rest: Samples,
    ratio: str,
    n: int,
    device: torch.device,
    test_ratio: float = 0.0,
) -> float:
    """Return the risk of regression on the last hidden layer of a trained network."""

    def of(token: int) -> Features:
        return last_layer(model, data, token, device)

    return _risk(data, rest, ratio, n, of, RIDGE["features"], test_ratio)


def _risk(
    data: Tokens,
    rest: Samples,
    ratio: str,
    n: int,
    features_at: Callable[[int], Features] | None,
    ridge: float,
    test_ratio: float = 0.0,
) -> float:
    """Return the risk on rows of the training pool, relative to predicting the mean.

    A token is predicted from samples in which it is hidden: all of them, under infinitely many
    masks. Networks divide the loss of a batch by what it hides, so that a batch of few hidden
    tokens counts as much as one of many: a law of ratios counts as it is.
    """
    rows, tests = rows_of(data, data.train[rest]), rows_of(data, data.test)
    units = np.repeat(np.arange(data.length), data.channels)
    masking = rl.Masking(named_ratio(ratio).law, masks_per_sample=math.inf, groups=units)
    wrong = null = 0.0
    for token in places(data):
        asked, held_out = rows.without(token), tests.without(token)
        features = None if features_at is None else features_at(token)
        seen = asked.X if features is None else features(asked.X[:SCALE_ROWS])
        found = rl.rows_risk(
            asked.X,
            masking,
            target=asked.y,
            samples=n,
            ridge=ridge * float(np.mean(seen**2)),
            test_mask_ratio=test_ratio,
            test=(held_out.X, held_out.y),
            features=features,
            population=n,
            replicates=min(REPLICATES, len(asked.X) // n),
            rng=SEED,
        )
        wrong += float(np.sum(found.per_target))
        null += float(np.mean(held_out.y**2, axis=0).sum())
    return wrong / null


def _predicted(model: Masked, data: Tokens, rows: Array, token: int, device: torch.device) -> Array:
    """Return what a model fills in at a token: values, or probabilities of symbols."""
    inputs, hidden = inputs_of(data, rows)
    found = []
    with torch.no_grad():
        for at in range(0, len(inputs), BATCH):
            given = torch.as_tensor(inputs[at : at + BATCH]).to(device)
            mask = torch.as_tensor(hidden[at : at + BATCH]).to(device)
            predicted = model(given, mask)[:, token].float()
            found.append((predicted.softmax(dim=1) if data.symbols else predicted).cpu())
    return torch.cat(found).numpy().astype(np.float64)


def _mean(data: Tokens) -> Array:
    """Return what zero stands for in rows, shape (L, c)."""
    if not data.symbols:
        return np.zeros((data.length, data.channels))
    return frequency(data)
