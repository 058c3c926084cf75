"""`rl.random_features_risk` against 50 digits, a published theorem, `rl.risk` and limits."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import ridgeless as rl
from ridgeless.activation import ACTIVATIONS
from tests import width_oracle as oracle
from tests.tolerances import FOUR_DIGITS, IDENTITY, OPTIMUM, RANDOM_FEATURES

VALUES = [0.3, 0.7, 1.0, 2.0, 5.0]
MEAN = sum(VALUES) / len(VALUES)
POWER = rl.Spectrum.power_law(1.0, 40)
TASK = rl.LinearTarget(snr=4.0)
INF = math.inf
PARTS = ("bias", "design_variance", "noise_variance")


def whole(risk: rl.RandomFeaturesRisk) -> Any:
    """Return what noise does not add."""
    return risk.bias + risk.width_variance + risk.design_variance


# --- against 50 digits ----------------------------------------------------------------------------

# Activation, mask ratios, their probabilities, d/n, P/d, and the rest.
EXACT: dict[str, tuple[str, list[float], list[float], float, float, dict[str, Any]]] = {
    "relu, narrow": ("relu", [0.3], [1], 0.5, 0.8, {"ridge": 0.1}),
    "relu, P > N": ("relu", [0.3], [1], 2.0, 3.0, {}),
    "relu, P < N": ("relu", [0.3], [1], 0.5, 0.5, {}),
    "tanh, law, gain 2": ("tanh", [0.2, 0.6], [0.25, 0.75], 0.5, 0.8, {"ridge": 0.1, "gain": 2.0}),
    "gelu, rescaled law": ("gelu", [0.2, 0.6], [0.25, 0.75], 2, 1.5, {"fill": "rescale"}),
    "erf, normalised law": (
        "erf", [0.2, 0.6], [0.25, 0.75], 2, 1.5, {"ridge": 0.05, "fill": "normalise"},
    ),
    "identity, P < d": ("identity", [0.2, 0.6], [0.25, 0.75], 2, 0.6, {"ridge": 0.01}),
    "relu, 3 masks": ("relu", [0.4], [1], 2, 1.5, {"ridge": 0.05, "masks_per_sample": 3}),
    "erf, 3 masks, rescaled": (
        "erf", [0.4], [1], 2, 1.5,
        {"ridge": 0.05, "masks_per_sample": 3, "fill": "rescale", "gain": 3.0},
    ),
    "relu, all masks of a law": (
        "relu", [0.2, 0.6], [0.25, 0.75], 2, 1.5, {"ridge": 0.05, "masks_per_sample": INF},
    ),
    "erf, all masks of a law": (
        "erf", [0.2, 0.5, 0.8], [0.25, 0.5, 0.25], 2, 1.5, {"masks_per_sample": INF, "gain": 2.0},
    ),
    "identity, all masks": (
        "identity", [0.2, 0.5], [0.5, 0.5], 2, 1.5, {"ridge": 0.1, "masks_per_sample": INF},
    ),
}  # fmt: skip


def features(activation: str, gain: float, p: float, fill: str) -> tuple[Any, ...]:
    """Return ell, z_1, z_0, z_n and nu of inputs."""
    q, d0 = 1 - mpf(p), mp.fsum(mpf(x) for x in VALUES) / len(VALUES)
    scale = {"zero": mpf(1), "rescale": 1 / q, "normalise": 1 / mp.sqrt(q)}[fill]
    nu = (gain * scale) ** 2 * q
    slope, noise = oracle.mean_and_noise(activation, nu)
    slope *= gain * scale
    return slope * q, (slope * q) ** 2, slope**2 * q * p * d0, noise * d0, nu


def exact(
    activation: str, ratios: list[float], chances: list[float], gamma: float, omega: float,
    *, ridge: float = 0.0, gain: float = 1.0, fill: str = "zero", masks_per_sample: float = 1,
    test_mask_ratio: float = 0.2,
) -> dict[str, Any]:  # fmt: skip
    """Return the reference, in which the rows of a sample are not rotated."""
    each = [features(activation, gain, p, fill) for p in ratios]
    size = len(each)
    d0 = mp.fsum(mpf(x) for x in VALUES) / len(VALUES)
    more: dict[str, Any] = {}
    penalty: Any = ridge
    if masks_per_sample == 1:
        blocks = [
            oracle.Block(
                mpf(w),
                mp.matrix([[x[1]]]),
                mp.matrix([[x[2]]]),
                mp.matrix([[x[3]]]),
                [x[0]],
                [mpf(1)],
            )
            for w, x in zip(chances, each, strict=True)
        ]
    elif masks_per_sample < INF:
        [x], count = each, int(masks_per_sample)
        ones, one = mp.ones(count), mp.eye(count)
        common = d0 * oracle.overlap(activation, x[4], x[4], 1 - mpf(ratios[0]))
        noise = common * ones + (x[3] - common) * one
        blocks = [
            oracle.Block(mpf(1), x[1] * ones, x[2] * one, noise, [x[0]] * count, [mpf(1)] * count)
        ]
        penalty = ridge * count
    else:
        root = [mp.sqrt(mpf(w)) for w in chances]
        common, linear = mp.zeros(size), [r * x[0] for r, x in zip(root, each, strict=True)]
        power = mp.matrix(linear) * mp.matrix(linear).T
        for i, j in itertools.product(range(size), repeat=2):
            rho = mp.sqrt((1 - mpf(ratios[i])) * (1 - mpf(ratios[j])))
            shared = oracle.overlap(activation, each[i][4], each[j][4], rho)
            common[i, j] = root[i] * root[j] * d0 * shared
        blocks = [oracle.Block(mpf(1), power, mp.zeros(size), common, linear, root)]
        hidden, noise = (
            mp.fsum(r**2 * x[i] for r, x in zip(root, each, strict=True)) for i in (2, 3)
        )
        more = {"beta_x": hidden, "e_x": noise - mp.fsum(common[i, i] for i in range(size))}
    test = features(activation, gain, test_mask_ratio, fill)[:4]
    mass = [1 / (len(VALUES) * d0)] * len(VALUES)
    found = oracle.parts(
        VALUES, mass, mpf(1) / 4, blocks, test, omega=omega, psi=gamma, ridge=penalty, **more
    )
    return {name: float(value) for name, value in found.items()}


@pytest.mark.parametrize("name", EXACT)
def test_fifty_digits(name: str) -> None:
    activation, ratios, chances, gamma, omega, options = EXACT[name]
    with mp.workdps(oracle.DIGITS + 25):
        expected = exact(activation, ratios, chances, gamma, omega, **options)
    total = sum(expected.values())
    found = rl.random_features_risk(
        VALUES,
        ratios[0] if len(ratios) == 1 else rl.DiscreteRatio(ratios, chances),
        width_ratio=omega,
        activation=activation,
        aspect_ratio=gamma,
        target=TASK,
        test_mask_ratio=0.2,
        **options,
    )
    mean = found.bias + found.width_variance
    assert abs(mean - expected["mean"]) < RANDOM_FEATURES * total
    assert abs(found.design_variance - expected["design_variance"]) < RANDOM_FEATURES * total
    assert abs(found.noise_variance - expected["noise_variance"]) < RANDOM_FEATURES * total


# --- the inputs themselves, and the kernel limit --------------------------------------------------

LAW = rl.UniformRatio(0.1, 0.9)


@pytest.mark.parametrize("mask_ratio", [0.0, 0.2, 0.7, LAW], ids=str)
@pytest.mark.parametrize("masks", [1, 3, INF])
@pytest.mark.parametrize("target", [TASK, None], ids=["linear", "feature"])
def test_infinitely_many_linear_features_are_the_inputs(mask_ratio, masks, target) -> None:
    if masks == 3 and mask_ratio is LAW:
        return
    grid = np.array([0.5, 2.0])[:, None, None], [[0.0], [0.1]], [0.0, 0.5]
    for fill in ("zero", "rescale"):
        named: dict[str, Any] = {
            "aspect_ratio": grid[0], "ridge": grid[1], "test_mask_ratio": grid[2],
            "masks_per_sample": masks, "target": target, "fill": fill,
        }  # fmt: skip
        found = rl.random_features_risk(
            POWER, mask_ratio, width_ratio=INF, activation="identity", **named
        )
        expected = rl.risk(POWER, mask_ratio, **named)
        for part in PARTS:
            error = np.abs(getattr(found, part) - getattr(expected, part))
            assert (error <= IDENTITY * expected.total).all(), part
        assert (found.width_variance <= IDENTITY * expected.total).all()


def test_the_kernel_limit_is_a_ridge() -> None:
    """Infinitely many relu features of one ratio: its nonlinear part is one more ridge."""
    for p, gamma in ((0.3, 2.0), (0.8, 0.5)):
        remainder = float(ACTIVATIONS["relu"].moments(np.array([1 - p]))[1][0])
        # mu_1 = 1/2 divides inputs by two, their ridge by four.
        ridge = 4 * (0.01 + gamma * remainder * POWER.mean)
        named: dict[str, Any] = {"aspect_ratio": gamma, "target": TASK, "test_mask_ratio": 0.0}
        linear = rl.risk(POWER, p, ridge=ridge, **named)
        found = rl.random_features_risk(POWER, p, width_ratio=INF, ridge=0.01, **named)
        assert found.bias == pytest.approx(linear.bias, rel=IDENTITY)
        # The test input's own nonlinear part adds to the variance of the layer only.
        assert found.width_variance == pytest.approx(0.0, abs=IDENTITY)
        assert found.design_variance == pytest.approx(linear.design_variance, rel=IDENTITY)


# --- the published theorem for random features without masks --------------------------------------


def theorem(activation: str, omega: float, gamma: float, ridge: float) -> tuple[float, float]:
    """Return risk without noise, and noise variance, by arXiv 2405.15699, in units of d.

    Its kernel has the eigenvalues mu_1^2 s and a tail of infinitely many small ones, whose sum is
    mu_*^2 d0.
    """
    from scipy.optimize import brentq

    slope, rest = (float(x[0]) for x in ACTIVATIONS[activation].moments(np.ones(1)))
    s = np.array(VALUES) * slope**2
    mass, tail = 1 / s.size, rest * MEAN
    n, p, lam = 1 / gamma, omega, ridge / gamma
    signal = np.array(VALUES) / MEAN * mass

    def equation(log_nu: float) -> float:
        nu = math.exp(log_nu)
        trace = mass * (s / (s + nu)).sum() + tail / nu
        return 1 + n / p - math.sqrt((1 - n / p) ** 2 + 4 * lam / (p * nu)) - 2 / p * trace

    nu2 = math.exp(brentq(equation, -40, 40, xtol=1e-15, rtol=1e-15))
    nu1 = nu2 / 2 * (1 - n / p + math.sqrt((1 - n / p) ** 2 + 4 * lam / (p * nu2)))
    df2 = mass * (s**2 / (s + nu2) ** 2).sum()
    upsilon = p / n * ((1 - nu1 / nu2) ** 2 + (nu1 / nu2) ** 2 * df2 / (p - df2))
    chi = (mass * (s / (s + nu2) ** 2).sum() + tail / nu2**2) / (p - df2)
    missed = (signal / (s + nu2) ** 2).sum() + chi * (signal * s / (s + nu2) ** 2).sum()
    return nu2**2 / (1 - upsilon) * missed, 0.25 * upsilon / (1 - upsilon)


@pytest.mark.parametrize("activation", ["relu", "tanh", "erf"])
@pytest.mark.parametrize("omega", [0.3, 1.0, 3.0])
@pytest.mark.parametrize(("gamma", "ridge"), [(0.5, 0.1), (2.0, 0.1), (2.0, 1e-3)])
def test_the_published_theorem_without_masks(activation, omega, gamma, ridge) -> None:
    found = rl.random_features_risk(
        VALUES, 0.0, width_ratio=omega, activation=activation, aspect_ratio=gamma, ridge=ridge,
        target=TASK,
    )  # fmt: skip
    signal, noise = theorem(activation, omega, gamma, ridge)
    assert whole(found) == pytest.approx(signal, rel=1e-9)
    assert found.noise_variance == pytest.approx(noise, rel=1e-9)


# --- thresholds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "omega", "gamma"),
    [("relu", 0.5, 2.0), ("tanh", 4.0, 0.25), ("identity", 0.5, 2.0), ("identity", 2.0, 1.0)],
)
def test_the_threshold_from_both_sides(activation, omega, gamma) -> None:
    def at(step: float) -> rl.RandomFeaturesRisk:
        return rl.random_features_risk(
            POWER, 0.3, width_ratio=omega, activation=activation, aspect_ratio=gamma * (1 + step),
            target=TASK,
        )  # fmt: skip

    here = at(0.0)
    assert here.total == here.design_variance == here.noise_variance == INF
    assert here.bias == pytest.approx(at(1e-10).bias, rel=1e-8)
    levels = [at(step).total * abs(step) for step in (1e-9, -1e-9, 1e-6, -1e-6)]
    np.testing.assert_allclose(levels, levels[0], rtol=1e-5)


@pytest.mark.parametrize(("omega", "gamma"), [(0.5, 0.8), (4.0, 3.0), (0.5, 4.0)])
def test_ridgeless_is_the_limit_of_ridges(omega, gamma) -> None:
    none, tiny = (
        rl.random_features_risk(
            POWER, 0.3, width_ratio=omega, aspect_ratio=gamma, ridge=ridge, target=TASK
        )
        for ridge in (0.0, 1e-12)
    )
    assert tiny.total == pytest.approx(none.total, rel=1e-9)


# --- masks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("fill", ["zero", "rescale", "normalise"])
def test_many_masks_come_near_to_all(activation, fill) -> None:
    def at(masks: float) -> float:
        found = rl.random_features_risk(
            POWER, 0.4, width_ratio=2.0, activation=activation, ridge=0.05, target=TASK,
            masks_per_sample=masks, fill=fill,
        )  # fmt: skip
        return float(found.total)

    every = at(INF)
    assert abs(at(10_000) / every - 1) < 1e-3
    assert abs(at(100_000) / every - 1) < 0.2 * abs(at(10_000) / every - 1)


def test_a_law_that_is_one_ratio() -> None:
    narrow = rl.UniformRatio(0.4 - 1e-9, 0.4 + 1e-9)
    for masks in (1, INF):
        named: dict[str, Any] = {
            "width_ratio": 2.0, "masks_per_sample": masks, "target": TASK, "ridge": 0.05,
        }  # fmt: skip
        one = rl.random_features_risk(POWER, 0.4, **named)
        law = rl.random_features_risk(POWER, narrow, **named)
        assert law.total == pytest.approx(one.total, rel=1e-8)


@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_of_infinitely_many_rows_a_law_is_one_ratio(activation) -> None:
    """Homogeneous functions with zeros: p* = 1 - E q^2/E q, at every test ratio."""
    mean, square = 0.5, 1 / 12 * 0.8**2 + 0.25
    tests = [0.0, 0.3, 0.8]
    named: dict[str, Any] = {
        "width_ratio": 3.0, "activation": activation, "aspect_ratio": 0.0, "target": TASK,
        "test_mask_ratio": tests,
    }  # fmt: skip
    law = rl.random_features_risk(POWER, LAW, **named)
    one = rl.random_features_risk(POWER, 1 - square / mean, **named)
    np.testing.assert_allclose(law.total, one.total, rtol=1e-9)


def test_loss_weights_are_shares_of_infinitely_many_masks() -> None:
    weighted = rl.DiscreteRatio([0.2, 0.6], loss_weights=[0.5, 1.5])
    shares = rl.DiscreteRatio([0.2, 0.6], [0.25, 0.75])
    named: dict[str, Any] = {
        "width_ratio": 2.0, "masks_per_sample": INF, "target": TASK, "ridge": 0.05,
    }  # fmt: skip
    found = [rl.random_features_risk(POWER, law, **named).total for law in (weighted, shares)]
    assert found[0] == pytest.approx(found[1], rel=IDENTITY)


def test_the_fill_that_is_best_for_a_population() -> None:
    """Averaged over test ratios, P/d = 5: the best fixed ratio with each fill, to four digits."""
    rule = LAW.quadrature(24)
    expected = {"zero": 0.4182, "rescale": 0.4610, "normalise": 0.4038}
    ratios = np.linspace(0.01, 0.95, 189)[:, None]
    for fill, level in expected.items():
        curve = rl.random_features_risk(
            rl.Spectrum.power_law(1.0, 60), ratios, width_ratio=5.0, activation="identity",
            aspect_ratio=0.0, test_mask_ratio=rule.mask, target=TASK, fill=fill,
        )  # fmt: skip
        assert (curve.total @ rule.weight).min() == pytest.approx(level, abs=FOUR_DIGITS)


# --- what users see -------------------------------------------------------------------------------


def test_the_parts_add_up_and_are_shown() -> None:
    found = rl.random_features_risk(POWER, [0.2, 0.5], width_ratio=2.0, target=TASK)
    parts = found.bias + found.width_variance + found.design_variance + found.noise_variance
    np.testing.assert_allclose(found.total, parts, rtol=IDENTITY)
    assert isinstance(found, rl.Risk)
    assert repr(found).startswith("RandomFeaturesRisk(shape=(2,), total from")
    table = found.to_frame()
    assert {"width_variance", "width_ratio", "activation", "gain"} <= set(table.columns)
    assert "fill" not in table.columns
    one = rl.random_features_risk(POWER, 0.5, width_ratio=2.0, fill="normalise")
    assert "width_variance=" in repr(one)
    assert one.to_frame()["test_fill"].tolist() == ["normalise"]


def test_the_best_ratio_of_each_width() -> None:
    named: dict[str, Any] = {"aspect_ratio": 0.5, "rows": "masked", "target": TASK}
    found = rl.optimal_mask_ratio(
        POWER, front=rl.random_features_risk, width_ratio=[2.0, 8.0], **named
    )
    ratios, levels = np.asarray(found.mask_ratio), np.asarray(found.risk)
    for width, ratio, level in zip((2.0, 8.0), ratios, levels, strict=True):
        fine = np.linspace(0.01, 0.99, 99)
        curve = rl.random_features_risk(POWER, fine, width_ratio=width, **named)
        assert level <= curve.total.min() * (1 + OPTIMUM)
        assert abs(fine[curve.total.argmin()] - ratio) <= 0.01


@pytest.mark.parametrize("activation", ["identity", "relu", "tanh", "erf"])
@pytest.mark.parametrize("masks", [1, 4, INF])
def test_every_width_has_a_best_ratio(activation, masks) -> None:
    """Ratios from 1e-12 to 1 - 1e-6, thresholds of N = P = d among them."""
    found = rl.optimal_mask_ratio(
        POWER, front=rl.random_features_risk, activation=activation, masks_per_sample=masks,
        width_ratio=[0.3, 1.0, 5.0, INF], aspect_ratio=[[0.5], [2.0]],
    )  # fmt: skip
    assert np.isfinite(found.risk).all()


def test_a_function_is_an_activation() -> None:
    named: dict[str, Any] = {"width_ratio": 2.0, "target": TASK}
    mine = rl.random_features_risk(POWER, 0.4, activation=np.tanh, **named)
    known = rl.random_features_risk(POWER, 0.4, activation="tanh", **named)
    assert mine.total == pytest.approx(known.total, rel=IDENTITY)


def test_nothing_seen_and_nothing_learnt() -> None:
    null = rl.random_features_risk(POWER, 1.0, width_ratio=2.0, target=TASK)
    assert (null.total, null.bias) == (null.null, null.null)
    blind = rl.random_features_risk(
        POWER, 0.4, width_ratio=2.0, target=TASK, test_mask_ratio=1.0, fill="rescale"
    )
    assert blind.total == pytest.approx(blind.null, rel=IDENTITY)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"width_ratio": 0.0}, "width_ratio must be positive"),
        ({"width_ratio": [1.0, -2.0]}, "width_ratio must be positive"),
        ({"width_ratio": math.nan}, "width_ratio must"),
        ({"width_ratio": 1e-40}, "width_ratio must be at least"),
        ({"width_ratio": "wide"}, "width_ratio must"),
        ({"gain": 0.0}, "gain must be positive and at most 1e\\+30, got 0.0"),
        ({"gain": math.inf}, "gain must be positive"),
        ({"activation": "swish"}, "activation must be one of"),
        ({"fill": "mean"}, "fill must be 'zero', 'rescale' or 'normalise', got 'mean'"),
        ({"test_fill": "mean"}, "test_fill must be 'zero'"),
        ({"mask_ratio": 1.5}, "mask_ratio must"),
        ({"aspect_ratio": [1.0, 2.0], "width_ratio": [1.0, 2.0, 3.0]}, "must broadcast together"),
        (
            {"mask_ratio": rl.Masking(0.5, fill="rescale"), "fill": "normalise"},
            "fill = 'normalise' contradicts the Masking",
        ),
        ({"mask_ratio": rl.Masking(0.5, groups=[0, 0, 1])}, "groups must be None"),
    ],
)
def test_errors_are_sentences(options, sentence) -> None:
    given = {"spectrum": POWER, "mask_ratio": 0.5, "width_ratio": 2.0} | options
    with pytest.raises(rl.DomainError, match=sentence):
        rl.random_features_risk(**given)


def test_what_is_not_derived_says_so() -> None:
    with pytest.raises(NotImplementedError, match="masks_per_sample = 4 with a law of several"):
        rl.random_features_risk(POWER, LAW, width_ratio=2.0, masks_per_sample=4)
    to_one = rl.UniformRatio(0.0, 1.0)
    for named in ({"masks_per_sample": INF}, {"aspect_ratio": 0.0}):
        with pytest.raises(NotImplementedError, match="a law of mask ratios that reaches 1"):
            rl.random_features_risk(POWER, to_one, width_ratio=2.0, fill="rescale", **named)
    with pytest.raises(rl.DomainError, match="fill must be 'zero' or 'rescale', got 'normalise'"):
        rl.risk(POWER, 0.5, fill="normalise")


@pytest.mark.parametrize("seed", range(60))
def test_no_part_is_negative_or_missing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spectra = [[1.0], POWER, [0.0, 1.0, 4.0], [1e-9, 1.0, 1e4]]
    ratios = [0.0, 1e-8, 0.3, 0.999, 1.0, LAW, rl.DiscreteRatio([0, 0.5, 1.0])]
    widths = [10 ** rng.uniform(-6, 8), 1.0, 0.5, INF]
    for _ in range(5):
        masks = [1, INF][rng.integers(2)]
        found = rl.random_features_risk(
            spectra[rng.integers(4)],
            ratios[rng.integers(7)],
            width_ratio=widths[rng.integers(4)],
            activation=list(ACTIVATIONS)[rng.integers(5)],
            gain=[1.0, 0.1, 5.0][rng.integers(3)],
            aspect_ratio=[0.0, 0.5, 1.0, 2.0, INF, 10 ** rng.uniform(-6, 6)][rng.integers(6)],
            target=[None, TASK, rl.LinearTarget(INF, 1.0)][rng.integers(3)],
            ridge=[0.0, 0.1, 1e-10, 1e5][rng.integers(4)],
            masks_per_sample=masks,
            test_mask_ratio=[0.0, 0.5, 1.0][rng.integers(3)],
            fill=["zero", "rescale", "normalise"][rng.integers(3)],
        )
        parts = (found.bias, found.width_variance, found.design_variance, found.noise_variance)
        assert all(part >= 0 for part in parts), found
