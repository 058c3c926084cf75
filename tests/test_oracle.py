"""The reference itself, against closed forms, other routes to the same number, and simulation."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.stats import random_correlation

from tests import oracle

EIGENVALUES = [4.0, 1.5, 0.6, 0.2]
MASSES = [0.3, 0.1, 0.7, 0.2]
NOISE = 0.4
PARTS = ("bias", "design_variance", "noise_variance", "total")


@pytest.fixture(autouse=True)
def _many_digits():
    with mp.workdps(70):
        yield


def masked_risk(mask_ratio, **changes):
    options = {"masses": MASSES, "noise": NOISE, "rows": "all"} | changes
    return oracle.risk(options.pop("eigenvalues", EIGENVALUES), mask_ratio, **options)


def assert_equal(found, expected, digits=40):
    for part in PARTS:
        tolerance = mpf(10) ** -digits
        assert mp.almosteq(found[part], expected[part], tolerance, tolerance), part


def single_class_risk(row_class, *, rows_per_feature, ridge, test_mask_ratio=0):
    """One class by the scalar equation ridge/k - k mean(1/(e+k))/phi + 1/phi - 1 = 0."""
    _, a, b, c, t = row_class
    s = [mpf(value) for value in EIGENVALUES]
    d0, phi = mp.fsum(s) / 4, rows_per_feature
    e = [a * x + b * d0 for x in s]

    def excess(kappa):
        return ridge / kappa - kappa * mp.fsum(1 / (x + kappa) for x in e) / 4 / phi + 1 / phi - 1

    low, high = mpf(10) ** -40, mpf(10) ** 3
    for _ in range(300):
        middle = mp.sqrt(low * high)
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    kappa = mp.sqrt(low * high)
    q_test = 1 - mpf(test_mask_ratio)
    tested = [q_test**2 * x + q_test * (1 - q_test) * d0 for x in s]
    learned = [c * x / (y + kappa) for x, y in zip(s, e, strict=True)]
    overlap = mp.fsum(m * x * y for m, x, y in zip(MASSES, s, learned, strict=True))
    power = [m * x**2 for m, x in zip(MASSES, learned, strict=True)]
    signal = mp.fdot(MASSES, s)
    spread = mp.fsum(x * y / (x + kappa) ** 2 for x, y in zip(e, tested, strict=True)) / 4 / phi
    room = ridge / kappa + kappa * mp.fsum(x / (x + kappa) ** 2 for x in e) / 4 / phi
    parts = {
        "bias": signal - 2 * q_test * overlap + mp.fdot(power, tested),
        "design_variance": (t * signal - 2 * c * overlap + mp.fdot(power, e)) * spread / room,
        "noise_variance": t * NOISE * spread / room,
    }
    return parts | {"total": mp.fsum(parts.values())}


@pytest.mark.parametrize("p", [0.0, 1e-8, 0.3, 0.999])
@pytest.mark.parametrize("gamma", [0.3, math.nextafter(1, 0), 1 - 1e-8, 1 + 1e-8, 3.0])
def test_isotropic_closed_form(gamma, p):
    found = oracle.risk([1.0], p, aspect_ratio=gamma, masses=[2.0], noise=0.5, rows="all")["total"]
    level, g = (mpf(0.5) + mpf(p) * 2) / (1 - mpf(p)), mpf(gamma)
    expected = level * g / (1 - g) if g < 1 else 2 * (1 - 1 / g) + level / (g - 1)
    assert abs(found / expected - 1) < mpf(10) ** -40


@pytest.mark.parametrize("ridge", [1e-14, 0.1])
@pytest.mark.parametrize("gamma", [0.5, 1 - 1e-8, 1.0, 1 + 1e-8, 2.0])
@pytest.mark.parametrize("p", [0.0, 1e-5, 0.6])
def test_one_class_follows_the_scalar_equation(p, gamma, ridge):
    classes, _, _ = oracle.row_classes(p, "all", 1)
    expected = single_class_risk(
        classes[0], rows_per_feature=1 / mpf(gamma), ridge=mpf(ridge), test_mask_ratio=0.25
    )
    found = masked_risk(p, aspect_ratio=gamma, ridge=ridge, test_mask_ratio=0.25)
    assert_equal(found, expected)


def test_infinitely_many_masks_are_a_ridge():
    p, q = mpf(0.3), 1 - mpf(0.3)
    ridge = (mpf(0.05) + p * q * mp.fsum(EIGENVALUES) / 4) / q**2
    plain = (mpf(1), mpf(1), mpf(0), 1 / q, 1 / q**2)
    expected = single_class_risk(plain, rows_per_feature=mpf(1) / 2, ridge=ridge)
    assert_equal(masked_risk(0.3, ridge=0.05, masks_per_sample=math.inf), expected)


def test_many_masks_approach_infinitely_many():
    limit = masked_risk(0.3, masks_per_sample=math.inf)["total"]
    errors = [masked_risk(0.3, masks_per_sample=10**k)["total"] - limit for k in (6, 7)]
    assert abs(errors[0] / limit) < 1e-4
    assert abs(errors[0] / errors[1] - 10) < 1e-3


def test_infinitely_many_masks_of_masked_rows_weigh_each_ratio_by_itself():
    law, by_rows = [(0.25, 0.5), (0.75, 0.5)], [(0.25, 0.25), (0.75, 0.75)]
    expected = masked_risk(by_rows, masks_per_sample=math.inf)
    assert_equal(masked_risk(law, rows="masked", masks_per_sample=math.inf), expected)


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("gamma", [0.2, 3.0])
def test_one_point_laws_and_split_atoms_change_nothing(rows, gamma):
    expected = masked_risk(0.4, rows=rows, aspect_ratio=gamma)
    law = [(0.4, 0.2), (0.4, 0.6)]
    assert_equal(masked_risk(law, rows=rows, aspect_ratio=gamma), expected)
    split = masked_risk(
        0.4,
        rows=rows,
        aspect_ratio=gamma,
        eigenvalues=[0.2, 4.0, 0.6, 1.5, 4.0],
        weights=[2.0, 1.5, 2.0, 2.0, 0.5],
        masses=[0.2, mpf(0.3) / 4, 0.7, 0.1, mpf(0.3) * 3 / 4],
    )
    assert_equal(split, expected)


def test_risk_scales_with_the_data():
    scaled = masked_risk(
        0.4, eigenvalues=[8 * s for s in EIGENVALUES], noise=8 * NOISE, ridge=8 * 0.03125
    )
    expected = masked_risk(0.4, ridge=0.03125)
    assert_equal(scaled, {part: 8 * expected[part] for part in PARTS})


RIDGELESS_CASES = {
    "one ratio": (0.3, {}),
    "three ratios": ([(0.1, 0.3), (0.5, 0.3), (0.9, 0.4)], {}),
    "some rows empty": ([(0.3, 0.7), (1.0, 0.3)], {}),
    "two masks": (0.5, {"masks_per_sample": 2}),
    "three masks, masked rows": (0.5, {"masks_per_sample": 3, "rows": "masked"}),
    "two equal masks": (0.0, {"masks_per_sample": 2}),
    "null directions": (0.3, {"eigenvalues": [2.0, 1.0, 0.0, 0.0]}),
    "null directions, no mask": (0.0, {"eigenvalues": [2.0, 1.0, 0.0, 0.0]}),
}


@pytest.mark.parametrize("gamma", [0.4, 5.0])
@pytest.mark.parametrize("case", RIDGELESS_CASES)
def test_ridgeless_is_the_limit_of_a_small_ridge(case, gamma):
    mask_ratio, options = RIDGELESS_CASES[case]
    options = options | {"aspect_ratio": gamma, "test_mask_ratio": 0.125}
    found = masked_risk(mask_ratio, **options)
    assert_equal(masked_risk(mask_ratio, ridge=mpf(10) ** -60, **options), found, digits=50)
    assert all(found[part] >= -(mpf(10) ** -60) for part in PARTS)


def test_digits_returned_do_not_depend_on_the_working_precision(monkeypatch):
    cases = [
        (1e-8, {"masks_per_sample": 2, "aspect_ratio": 2 - 1e-8}),
        ([(0.1, 0.5), (0.9, 0.5)], {"aspect_ratio": 1 + 1e-8, "ridge": 1e-14}),
        (0.5, {"masks_per_sample": 12, "rows": "masked", "aspect_ratio": 6.0 + 1e-8}),
    ]
    results = [masked_risk(ratio, **options) for ratio, options in cases]
    monkeypatch.setattr(oracle, "DIGITS", 200)
    for (ratio, options), found in zip(cases, results, strict=True):
        assert_equal(found, masked_risk(ratio, **options), digits=60)


def test_many_classes_agree_with_the_exact_jacobian(monkeypatch):
    law = oracle.uniform_nodes(0.1, 0.9, 16)
    found = masked_risk(law, aspect_ratio=1.25)
    monkeypatch.setattr(oracle, "EXACT_CLASSES", 64)
    assert_equal(found, masked_risk(law, aspect_ratio=1.25), digits=60)


# --- thresholds and limits -------------------------------------------------------------------


def test_variance_is_infinite_at_the_threshold_only():
    found = masked_risk(0.4, aspect_ratio=1.0)
    beside = [masked_risk(0.4, aspect_ratio=1 + sign * mpf(10) ** -50) for sign in (-1, 1)]
    for other in beside:
        assert abs(other["bias"] - found["bias"]) < mpf(10) ** -45
        assert other["design_variance"] > 1e45
    assert found["design_variance"] == found["noise_variance"] == found["total"] == mp.inf


def test_threshold_without_masks_is_free_of_design_variance():
    noisy = masked_risk(0.0, aspect_ratio=1.0)
    assert noisy["bias"] + noisy["design_variance"] == 0
    assert noisy["noise_variance"] == mp.inf
    assert masked_risk(0.0, aspect_ratio=1.0, noise=0)["total"] == 0
    flat = masked_risk(0.0, aspect_ratio=2.0, eigenvalues=[2.0, 1.0, 0.0, 0.0])
    assert flat["noise_variance"] == mp.inf


def test_a_law_that_reaches_one_has_infinite_variance_when_rows_are_interpolated():
    options = {"order": 16, "masses": MASSES, "noise": NOISE, "rows": "all"}

    def under(low, high, **changes):
        return oracle.risk_under_uniform(EIGENVALUES, low, high, **(options | changes))

    assert under(0, 1)["total"] == mp.inf
    assert mp.isfinite(under(0, 1)["bias"])
    assert mp.isfinite(under(0, 1, aspect_ratio=0.5)["total"])
    assert under(0, 1, aspect_ratio=0.75, rows="masked")["total"] == mp.inf
    assert mp.isfinite(under(0, 1, ridge=0.1)["total"])
    assert mp.isfinite(under(0, 1, masks_per_sample=math.inf)["total"])
    assert mp.isfinite(under(0, 0.9)["total"])
    assert_equal(under(0.25, 0.25), masked_risk(0.25))


def test_null_risk_where_there_is_nothing_to_learn_from():
    null = mp.fdot(MASSES, EIGENVALUES)
    for mask_ratio, options in [
        (1.0, {}),
        (1.0, {"ridge": 0.1}),
        (1.0, {"masks_per_sample": 3, "rows": "masked"}),
        (1.0, {"masks_per_sample": math.inf}),
        (0.0, {"rows": "masked", "aspect_ratio": 0.0}),
        (0.3, {"aspect_ratio": math.inf}),
        (0.3, {"aspect_ratio": 1.0, "test_mask_ratio": 1.0}),
    ]:
        found = masked_risk(mask_ratio, **options)
        assert found["total"] == found["bias"] == null


def test_infinite_data_gives_the_population_predictor():
    p, q = mpf(0.4), 1 - mpf(0.4)
    d0 = mp.fsum(EIGENVALUES) / 4
    learned = [s / (q * s + p * d0) for s in EIGENVALUES]
    pairs = zip(MASSES, EIGENVALUES, learned, strict=True)
    expected = mp.fsum(mpf(m) * s * (1 - x) ** 2 for m, s, x in pairs)
    found = masked_risk(0.4, aspect_ratio=0.0)
    assert found["design_variance"] == found["noise_variance"] == 0
    assert abs(found["total"] - expected) < mpf(10) ** -50


def test_a_trace_of_masking_is_no_limit_for_repeated_rows():
    repeated = masked_risk(0.0, masks_per_sample=2)
    assert_equal(repeated, masked_risk(0.0))
    assert abs(masked_risk(1e-12, masks_per_sample=2)["total"] / repeated["total"] - 1) > 0.1


@pytest.mark.parametrize("gamma", [0.5, 1.0, 1.25])
def test_unmasked_rows_crowded_in_a_subspace(gamma):
    # Other rows are absorbed by the null directions: least squares on the unmasked rows remains.
    load = mpf(gamma) / 2 / mpf(0.875)
    found = masked_risk(
        [(0.0, 0.875), (0.5, 0.125)], aspect_ratio=gamma, eigenvalues=[2.0, 1.0, 0.0, 0.0]
    )
    assert abs(found["total"] - NOISE * load / (1 - load)) < mpf(10) ** -50


# --- row classes, targets, nodes -------------------------------------------------------------


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("masks", [1, 2, 5])
def test_row_classes_share_out_all_rows(rows, masks):
    classes, per_sample, ridge_map = oracle.row_classes(0.3, rows, masks)
    w, a, b, c, t = (list(column) for column in zip(*classes, strict=True))
    p, q = mpf(0.3), 1 - mpf(0.3)
    averages = [mp.fdot(w, column) for column in (a, b, c, t)]
    for found, expected in zip([mp.fsum(w), *averages], [1, q * q, q * p, q, 1], strict=True):
        assert abs(found - expected) < mpf(10) ** -60
    assert all(abs(ck**2 - ak * tk) < mpf(10) ** -60 for ak, ck, tk in zip(a, c, t, strict=True))
    assert per_sample == (masks if rows == "all" else masks * p)
    assert ridge_map(0.5, 2) == 0.5


def test_several_masks_need_a_single_ratio():
    with pytest.raises(NotImplementedError):
        oracle.row_classes([(0.1, 1), (0.2, 1)], "all", 2)


def test_masked_feature_is_the_regression_of_one_coordinate_on_the_others():
    # In a finite population: coordinate j has residual variance 1/(Sigma^-1)_jj.
    masses, noise = oracle.masked_feature(EIGENVALUES)
    assert abs(noise - 4 / mp.fsum(1 / mpf(s) for s in EIGENVALUES)) < mpf(10) ** -60
    explained = mp.fdot(masses, EIGENVALUES)
    assert abs(explained + noise - mp.fsum(EIGENVALUES) / 4) < mpf(10) ** -60
    near, exact = oracle.masked_feature([1.0, 1e-30]), oracle.masked_feature([1.0, 0.0])
    assert abs(near[1] - exact[1]) < 1e-29
    assert max(abs(x - y) for x, y in zip(near[0], exact[0], strict=True)) < 1e-29


@pytest.mark.parametrize("alignment", ["isotropic", -1.0, 2, [0.0, 1.0, 0.0, 2.0]])
def test_linear_target_has_the_signal_asked_for(alignment):
    masses, noise = oracle.linear_target(EIGENVALUES, [1, 2, 3, 4], 2.0, alignment, 3.0)
    assert abs(mp.fdot(masses, EIGENVALUES) - 3) < mpf(10) ** -60
    assert noise == 1.5


def test_nodes_integrate():
    for nodes, error in [
        (oracle.uniform_nodes(0.25, 1.0, 48), 1e-60),
        (oracle.logistic_nodes(0.25, 1.0, 900, 110), 1e-29),
    ]:
        for power in range(4):
            moment = mp.fsum(w * p**power for p, w in nodes)
            expected = (1 - mpf(0.25) ** (power + 1)) / (power + 1) / mpf(0.75)
            assert abs(moment - expected) < error
    cosine = oracle.cosine_nodes(0.75, 0.25, 16)
    assert abs(mp.fsum(w * (p - 0.5) ** 2 for p, w in cosine) - mpf(1) / 32) < mpf(10) ** -60


def test_both_rules_for_uniform_laws_agree():
    totals = [
        masked_risk(nodes, aspect_ratio=0.5)["total"]
        for nodes in (oracle.uniform_nodes(0, 1, 64), oracle.logistic_nodes(0, 1, 128, 40))
    ]
    assert abs(totals[0] / totals[1] - 1) < 1e-10


# --- simulation ------------------------------------------------------------------------------


def simulated_risks(rng, *, p, gamma, masks, rows, trials=12, dimension=200):
    """Risks of min-norm fits under one covariance with a constant diagonal and no aligned axes."""
    s = np.repeat(EIGENVALUES, dimension // 4)
    correlation = random_correlation.rvs(s / s.mean(), random_state=rng, tol=1e-8)
    variances, axes = np.linalg.eigh(correlation * s.mean())
    size = np.sqrt(np.repeat(MASSES[::-1], dimension // 4) * 4 / dimension)
    samples = round(dimension / gamma)
    for _ in range(trials):
        beta = axes @ (size * rng.choice([-1.0, 1.0], dimension))
        x = (rng.standard_normal((samples, dimension)) * np.sqrt(variances)) @ axes.T
        y = x @ beta + math.sqrt(NOISE) * rng.standard_normal(samples)
        inputs, targets = [], []
        for _ in range(masks):
            used = rng.random(samples) < (1 if rows == "all" else p)
            inputs.append((x * (rng.random(x.shape) >= p))[used])
            targets.append(y[used])
        design, target = np.concatenate(inputs), np.concatenate(targets)
        if len(target) < dimension:
            fitted = design.T @ np.linalg.solve(design @ design.T, target)
        else:
            fitted = np.linalg.solve(design.T @ design, design.T @ target)
        yield np.sum(variances * (axes.T @ (beta - fitted)) ** 2)


@pytest.mark.parametrize(
    ("p", "gamma", "masks", "rows"),
    [(0.3, 2.0, 1, "all"), (0.3, 0.5, 1, "all"), (0.5, 4.0, 2, "all"), (0.5, 0.5, 2, "masked")],
)
def test_simulation(p, gamma, masks, rows):
    rng = np.random.default_rng(7)
    draws = list(simulated_risks(rng, p=p, gamma=gamma, masks=masks, rows=rows))
    expected = masked_risk(p, aspect_ratio=gamma, masks_per_sample=masks, rows=rows)["total"]
    error = np.std(draws, ddof=1) / math.sqrt(len(draws))
    assert abs(np.mean(draws) - float(expected)) < 3 * error + 0.03 * float(expected)
