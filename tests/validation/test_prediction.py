"""The theory of a data set, against linear regression on draws and against known limits."""

import numpy as np
import pytest

import ridgeless as rl
from tests.tolerances import IDENTITY, PREDICTED_RISK
from validation.datasets.tokens import Tokens
from validation.prediction import GRID, Theory, theory_of
from validation.target_groups import column_groups

LENGTH, CHANNELS, POOL, N = 40, 2, 4000, 200


def tokens(rng, samples):
    """Return Gaussian tokens with a few factors in common."""
    mix = np.random.default_rng(5).standard_normal((8, LENGTH * CHANNELS))
    rows = rng.standard_normal((samples, 8)) @ mix / 4
    rows += rng.standard_normal(rows.shape)
    rows /= np.sqrt(np.square(mix / 4).sum(axis=0) + 1)
    return rows.reshape(samples, LENGTH, CHANNELS).astype(np.float32)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return Tokens("drawn", tokens(rng, POOL), tokens(rng, 1000), (1, LENGTH))


@pytest.fixture(scope="module")
def theory(data):
    return theory_of(data)


def measured(data, ratio, test_ratio, draws=3):
    """Return the risk of regression on infinitely many masks, by token, over all tokens."""
    label, found = np.repeat(np.arange(LENGTH), CHANNELS), []
    pool, test = (part.reshape(len(part), -1).astype(float) for part in (data.train, data.test))
    keep = 1 - test_ratio
    for draw in range(draws):
        rows = pool[np.random.default_rng(draw).permutation(POOL)[:N]]
        sigma = rows.T @ rows / N
        own = label[:, None] == label
        second = (1 - ratio) * sigma + ratio * sigma * own
        for token in range(LENGTH):
            rest, here = label != token, label == token
            b = np.linalg.solve(second[np.ix_(rest, rest)], sigma[np.ix_(rest, here)])
            truth = test.T @ test / len(test)
            # Averaged over masks of the inputs at test time.
            inputs = truth[np.ix_(rest, rest)]
            inputs = keep**2 * inputs + keep * test_ratio * inputs * own[np.ix_(rest, rest)]
            cross = keep * np.sum(b * truth[np.ix_(rest, here)], axis=0)
            power = np.einsum("ij,ik,kj->j", b, inputs, b)
            found.append((np.diag(truth)[here] - 2 * cross + power).sum())
    return np.sum(found) / draws / np.trace(truth)


@pytest.mark.parametrize("test_ratio", [0.0, 0.5])
@pytest.mark.parametrize("ratio", [0.15, 0.5])
def test_linear_regression_has_the_predicted_risk(data, theory, ratio, test_ratio):
    predicted = float(theory.risk(ratio, N, f"{test_ratio:g}"))
    assert measured(data, ratio, test_ratio) == pytest.approx(predicted, rel=PREDICTED_RISK)


def test_range_of_test_ratios_counts_hidden_tokens(theory):
    ratios = np.linspace(0.3, 0.7, 2001)
    risks = np.array([float(theory.risk(0.5, N, f"{p:.6g}")) for p in ratios[::50]])
    weights = ratios[::50]
    mean = np.trapezoid(risks * weights, weights) / np.trapezoid(weights, weights)
    assert float(theory.risk(0.5, N, "0.3-0.7")) == pytest.approx(mean, rel=1e-3)


def test_laws_have_risks_too(theory):
    narrow = rl.UniformRatio(0.4999, 0.5001)
    assert float(theory.risk(narrow, N, "0")) == pytest.approx(
        float(theory.risk(0.5, N, "0")), rel=1e-6
    )


@pytest.mark.parametrize(
    "law",
    [rl.DiscreteRatio([0.1, 0.8]), rl.UniformRatio(0.1, 0.5), rl.ScheduledRatio(0.6, 0.05)],
    ids=str,
)
def test_a_law_is_more_than_its_mean(theory, law):
    """With infinitely many masks it is one number, but another, p* of (eq-K-inf-ridge).

    A law that is symmetric about 1/2 has its mean for p*, and cannot tell.
    """
    ratios, weights = law.nodes(64)
    hidden = weights * ratios * (1 - ratios)
    same = float(1 - hidden @ (1 - ratios) / hidden.sum())
    assert abs(same - law.mean) > 0.02
    for test in ("0", "0.3-0.7"):
        found, mean = float(theory.risk(law, N, test)), float(theory.risk(law.mean, N, test))
        assert found == pytest.approx(float(theory.risk(same, N, test)), rel=IDENTITY)
        assert abs(found / mean - 1) > 1e-3


def test_best_is_the_lowest_of_the_curve(theory):
    ratio, risk = theory.best(N, "0.5")
    curve = theory.risk(GRID, N, "0.5")
    assert risk == curve.min()
    assert curve[ratio == GRID] == risk


def test_hard_columns_are_harder(theory):
    assert theory.best(N, "0", "easy")[1] < theory.best(N, "0", "all")[1]
    assert theory.best(N, "0", "all")[1] < theory.best(N, "0", "hard")[1]


def test_leading_components_are_learned_first(theory):
    parts = [(1, 8), (9, 40), (41, 80)]
    learned = theory.learned(0.3, N, parts)
    assert learned[0] > learned[1] > learned[2] > 0


def test_learned_fraction_is_the_mean_over_components():
    law = rl.Spectrum([0.5, 2.0], [0.75, 0.25])
    theory = Theory(law, 8, {}, ())
    known = rl.learned_fraction(law, 0.4, aspect_ratio=0.5, rows="masked", masks_per_sample=np.inf)
    found = theory.learned(0.4, 16, [(1, 2), (2, 3), (3, 8)])
    mixed = (2.0 * known[1] + 0.5 * known[0]) / 2.5
    np.testing.assert_allclose(found, [known[1], mixed, known[0]], rtol=IDENTITY)


@pytest.fixture(scope="module")
def text():
    """Symbols most of which repeat the first of their sample, the rare ones more than others."""
    rng, chance, repeated = np.random.default_rng(1), [0.7, 0.2, 0.1], np.array([0.4, 0.7, 0.95])
    start = rng.choice(3, size=(3000, 1), p=chance)
    same = rng.random((3000, 12)) < repeated[start]
    symbols = np.where(same, start, rng.choice(3, size=(3000, 12), p=chance))
    return Tokens("symbols", symbols[:2000], symbols[2000:], (1, 12), 3)


@pytest.mark.parametrize("target", ["all", "easy", "hard"])
def test_symbols_are_indicators_in_groups(text, target):
    """Each indicator counts by its variance, so that rare symbols count little."""
    theory = theory_of(text)
    assert theory.directions == 24  # three indicators of a token sum to one
    rows = np.eye(3)[text.train].reshape(2000, -1)
    rows -= rows.mean(axis=0)
    label, left = np.repeat(np.arange(12), 3), np.empty(36)
    for token in range(12):
        rest, here = rows[:, label != token], rows[:, label == token]
        wrong = here - rest @ np.linalg.lstsq(rest, here)[0]
        left[label == token] = np.square(wrong).sum(axis=0)
    part = np.tile({"all": np.full(3, True), **column_groups(text)}[target], 12)
    # Regression uses 22 dimensions up.
    least = left[part].sum() / np.square(rows[:, part]).sum() / (1 - 22 / 2000)
    assert theory.best(10**9, "0", target)[1] == pytest.approx(least, rel=PREDICTED_RISK)
