"""How many independent coefficients rows of several ratios span."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.ratio_aware.atoms import Atoms

HEAVY = rl.DiscreteRatio([0.2, 0.5, 0.8], [0.6, 0.2, 0.2])


@pytest.mark.parametrize(
    ("per_feature", "zero_mass", "rank", "tied"),
    [
        (1.0, 0.0, 1.0, False),
        (1 / 0.6, 0.0, 1 / 0.6, True),
        (2.0, 0.0, 1.8, False),
        (2.5, 0.0, 2.0, True),
        (4.0, 0.0, 2.0, False),
        (4.0, 0.25, 2.0, False),
    ],
)
def test_rank(per_feature: float, zero_mass: float, rank: float, tied: bool) -> None:
    keep, weight = 1 - np.array(HEAVY.values), np.array(HEAVY.weights)
    found, at_a_threshold = Atoms.of(keep, weight, 1 - keep).rank(1, per_feature, zero_mass)
    assert found == pytest.approx(rank)
    assert at_a_threshold == tied


def test_rank_counts_what_masked_rows_of_random_features_span() -> None:
    """Against a matrix of rows, with zero eigenvalues and rows that nothing masks."""
    rng = np.random.default_rng(0)
    d, counts = 20, {0.0: 24, 0.4: 13, 0.7: 9}
    law = rl.DiscreteRatio(list(counts), list(counts.values()))
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0][:, : d // 2]
    rows = []
    for p, count in counts.items():
        x = rng.standard_normal((count, d // 2)) @ axes.T * (rng.random((count, d)) >= p)
        rows.append(np.hstack([x, (1 - 2 * p) * x]))
    keep, weight = 1 - np.array(law.values), np.array(law.weights)
    found, _ = Atoms.of(keep, weight, np.array(law.values)).rank(1, sum(counts.values()) / d, 0.5)
    assert found * d == pytest.approx(np.linalg.matrix_rank(np.vstack(rows)))
