"""What `recommend` computes at once, one row and one target at a time."""

import numpy as np

from ridgeless.recommend.leave_one_out import Errors
from ridgeless.recommend.scheme import Scheme, scheme


def table(samples: int, features: int, seed: int = 0) -> np.ndarray:
    """Three factors and noise, standardised."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(samples, 3)) @ rng.normal(size=(3, features))
    return unit(rows + rng.normal(size=rows.shape))


def unit(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=0)
    return rows / rows.std(axis=0)


def at(ratio: float, fill: str = "zero", ridge: float = 0.0, test: float = 0.0) -> Scheme:
    return scheme(
        ratio, fill=fill, test_fill=fill, ridge=ridge, test_mask_ratio=test, rows="masked"
    )


def left_out(Z: np.ndarray, one: Scheme, labels: np.ndarray | None = None) -> np.ndarray:
    """Return squared errors on each row and target of regressions that never saw the row."""
    n, d = Z.shape
    groups = np.arange(d) if labels is None else labels
    out = np.empty((n, d))
    for i in range(n):
        train = np.delete(Z, i, axis=0)
        rows, x = train - train.mean(axis=0), Z[i] - train.mean(axis=0)
        S = rows.T @ rows / (n - 1)
        penalised = S + one.penalty * np.where(groups[:, None] == groups, S, 0.0)
        for j in range(d):
            others = groups != groups[j]
            b = np.linalg.lstsq(penalised[np.ix_(others, others)], S[others, j], rcond=1e-12)[0]
            parts = np.bincount(groups[others], weights=x[others] * b, minlength=d)
            spread = one.factor**2 * one.hidden * (parts**2).sum()
            out[i, j] = (x[j] - one.factor * one.seen * parts.sum()) ** 2 + spread
    return out


def gap(found: Errors, exact: np.ndarray) -> float:
    """Return the relative difference of the mean error."""
    return float(abs(found.rows[0].mean() / exact.mean() - 1))
