"""A linear probe: what can be read off a representation of whole inputs."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from validation.datasets.tokens import Tokens
from validation.models import Masked

__all__ = ["probe"]

BATCH = 500


def probe(model: Masked, data: Tokens, device: torch.device, samples: int = 2000) -> float | None:
    """Return the test accuracy of a ridge classifier on `model.represent`; None without labels.

    It is fitted on the first `samples` of the training pool, with no token hidden, and picks its
    penalty by leave-one-out.
    """
    if data.train_labels is None or data.test_labels is None:
        return None
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.preprocessing import StandardScaler

    train = _represented(model, data, data.train[:samples], device)
    test = _represented(model, data, data.test, device)
    scaler = StandardScaler().fit(train)
    classifier = RidgeClassifierCV(alphas=np.logspace(0, 4, 5))
    classifier.fit(scaler.transform(train), data.train_labels[:samples])
    return float(classifier.score(scaler.transform(test), data.test_labels))


def _represented(
    model: Masked, data: Tokens, samples: NDArray[np.generic], device: torch.device
) -> NDArray[np.float64]:
    model.to(device).eval()
    done = []
    with torch.no_grad():
        for at in range(0, len(samples), BATCH):
            inputs = torch.as_tensor(samples[at : at + BATCH]).to(device)
            inputs = inputs.long() if data.symbols else inputs
            hidden = torch.zeros(inputs.shape[:2], dtype=torch.bool, device=device)
            done.append(model.represent(inputs, hidden).float().cpu())
    return torch.cat(done).numpy().astype(np.float64)
