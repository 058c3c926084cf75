"""The study of random mask ratios: its searches, its tables, and the whole of it, small."""

import csv
import json
import math

import numpy as np
import pytest
import r2mae
from random_ratios import law_table, trained
from random_ratios.laws import (
    Found,
    best_discrete,
    best_fixed,
    best_range,
    steepest,
)

import ridgeless as rl
from simulations.running.pages import markers
from tests.tolerances import FINITE_SIZE, IDENTITY, MONTE_CARLO_Z

POWER = rl.Spectrum.power_law(1.0, 60)
TASK = rl.LinearTarget(snr=4.0)


def report(folder, errors, tests=("0.0", "0.5", "0.3-0.7")):
    """Write a report of `errors` by ratio, seed and test ratio."""
    runs = [
        {"dataset": "toy", "model": "mlp", "width": 8, "n": 100, "ratio": ratio, "seed": seed,
         "test_ratio": test, "reconstruction": value}
        for ratio, rows in errors.items()
        for seed, row in enumerate(rows)
        for test, value in zip(tests, row, strict=True)
    ]  # fmt: skip
    (folder / "one").mkdir(parents=True)
    (folder / "one" / "report.json").write_text(json.dumps({"runs": runs}))


# R2MAE is 10% worse at ratio 0, and 20% better at 0.5, than the fixed ratio best on average.
ERRORS = {
    "0.15": [[1.0, 2.0, 9.0], [1.0, 2.1, 9.0], [1.0, 1.9, 9.0]],
    "0.75": [[4.0, 1.5, 9.0], [4.0, 1.5, 9.0], [4.0, 1.5, 9.0]],
    trained.RANDOM: [[1.1, 1.6, 9.0], [1.1, 1.68, 9.0], [1.1, 1.52, 9.0]],
    trained.DOWN: [[1.0, 1.6, 9.0]] * 3,
    trained.UP: [[2.2, 1.6, 9.0]] * 3,
}


def test_trained_networks_are_compared_pair_by_pair(tmp_path):
    report(tmp_path, ERRORS)
    (group,) = trained.groups(trained.read_reports(tmp_path))
    assert group.tests == (0.0, 0.5)  # a range of test ratios is no test ratio
    assert group.best_fixed([0, 1])[1] == ["0.15"] * 3
    assert group.best_fixed([1])[1] == ["0.75"] * 3
    assert group.excess(trained.RANDOM, [0]) == pytest.approx((0.1, 0.0))
    mean, half = group.excess(trained.RANDOM, [0, 1])
    assert mean == pytest.approx(np.mean([2.7 / 3, 2.78 / 3.1, 2.62 / 2.9]) - 1)
    assert 0 < half < -mean
    text = trained.summary([group])
    assert "better in 1, worse in 0 and undecided in 0 of 1 (median -10.0%)" in text
    assert "| toy | mlp | 8 | 100 | 3 | 0.15 | -10.0%" in text
    assert "+100.0% ± 0.0%" in text  # the upward schedule against R2MAE at ratio 0


def test_runs_that_cannot_be_compared_are_left_out(tmp_path):
    assert trained.groups(trained.read_reports(tmp_path)) == []
    report(tmp_path, {name: rows for name, rows in ERRORS.items() if name != trained.RANDOM})
    assert trained.groups(trained.read_reports(tmp_path)) == []
    (tmp_path / "one" / "report.json").write_text("{")
    with pytest.raises(rl.DomainError, match="reports must hold a list of runs"):
        trained.read_reports(tmp_path)


def test_searches_find_what_is_there():
    """Of two tasks that want ratios 0.2 and 0.7, with a cost for the share of other rows."""

    def values(law):
        mask, weight = law.nodes(64)
        return 1.0 + np.array([weight @ (mask - p) ** 2 for p in (0.2, 0.7)]) ** 0.5

    def aim(law):
        return float(values(law).max())

    fixed = best_fixed(lambda law: np.atleast_1d(aim(law)))[0]
    assert fixed.law.values[0] == pytest.approx(0.45, abs=1e-4)
    assert fixed.value == pytest.approx(1.25, abs=1e-4)
    assert steepest(values, fixed)[0] == pytest.approx(0.0, abs=1e-3)
    assert best_discrete(aim, fixed, rl.DiscreteRatio([0.5])) == fixed
    assert best_range(aim).value > fixed.value
    each = best_fixed(values)
    assert [own.law.values[0] for own in each] == pytest.approx([0.2, 0.7], abs=1e-4)

    def apart(law):  # wants both ratios, none in between
        mask, weight = law.nodes(64)
        return 2.0 - np.array([weight @ (np.abs(mask - p) < 0.05) for p in (0.2, 0.7)])

    start = Found(rl.DiscreteRatio([0.45]), 2.0)
    slope, towards = steepest(apart, start)
    assert slope == pytest.approx(-0.25, rel=1e-6)
    assert set(np.round(np.array(towards.values)[np.array(towards.weights) > 0.1], 1)) == {0.2, 0.7}
    found = best_discrete(lambda law: float(apart(law).max()), start, towards)
    assert found.value < 1.55


@pytest.mark.parametrize("rows", ["all", "masked"])
def test_loss_weights_act_as_row_weights(rows):
    values, chances, weights = [0.1, 0.6], [0.5, 0.5], [1.0, 5.0]
    options = {"target": TASK, "rows": rows, "aspect_ratio": 0.15}
    law = rl.DiscreteRatio(values, chances, weights)
    theory = rl.risk(POWER, law, **options).total
    equal = rl.risk(POWER, rl.DiscreteRatio(values, chances, [3.0, 3.0]), **options).total
    plain = rl.risk(POWER, rl.DiscreteRatio(values, chances), **options).total
    assert equal == pytest.approx(plain, rel=IDENTITY)
    assert abs(theory / plain - 1) > 0.1
    # Interpolation does not see the weights.
    options["aspect_ratio"] = 3.0
    assert rl.risk(POWER, law, **options).total == pytest.approx(
        rl.risk(POWER, rl.DiscreteRatio(values, chances), **options).total, rel=IDENTITY
    )
    assert simulated(POWER, law, rows) == pytest.approx(
        theory, abs=MONTE_CARLO_Z * 0.01 * theory + FINITE_SIZE / 60 * theory
    )


def simulated(spectrum, law, rows, d=60, n=400, trials=20):
    """Weighted least squares on masked rows, d/n = 0.15; its standard error is about 1%."""
    rng = np.random.default_rng(5)
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    sigma = (axes * spectrum.eigenvalues) @ axes.T
    risks = []
    for _ in range(trials):
        beta = axes @ rng.choice([-1.0, 1.0], d) / math.sqrt(d)
        x = rng.standard_normal((n, d)) @ (axes * np.sqrt(spectrum.eigenvalues)).T
        y = x @ beta + rng.standard_normal(n) * math.sqrt(beta @ sigma @ beta / 4)
        kind = rng.integers(2, size=n)
        ratio, root = np.array(law.values)[kind], np.sqrt(law.loss_weights)[kind]
        kept = np.ones(n, dtype=bool) if rows == "all" else rng.random(n) < ratio
        masked = x * (rng.random((n, d)) >= ratio[:, None])
        found = np.linalg.lstsq((root[:, None] * masked)[kept], (root * y)[kept])[0]
        risks.append((found - beta) @ sigma @ (found - beta) / (beta @ sigma @ beta))
    return float(np.mean(risks))


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("rows", ["all", "masked"])
def test_with_infinitely_many_masks_a_law_is_a_fixed_ratio_with_a_larger_ridge(rows, ridge):
    law = rl.UniformRatio(0.1, 0.9)
    mask, weight = law.nodes(64)
    weight = weight * mask / (weight @ mask) if rows == "masked" else weight
    keep = weight @ (1 - mask)
    ratio = 1 - weight @ (1 - mask) ** 2 / keep
    options = {"target": TASK, "rows": rows, "masks_per_sample": math.inf}
    found = rl.risk(POWER, law, ridge=ridge, **options).total
    alone = rl.risk(POWER, ratio, ridge=ridge * (1 - ratio) / keep, **options).total
    assert found == pytest.approx(alone, rel=IDENTITY)


def test_laws_have_names():
    assert law_table.law_name(rl.DiscreteRatio([0.2])) == "0.200"
    assert (
        law_table.law_name(rl.DiscreteRatio([0.2, 0.8, 0.5], [3, 1, 0.01])) == "75% 0.20 + 25% 0.80"
    )
    assert law_table.law_name(rl.UniformRatio(0.1, 0.9)) == "U(0.10, 0.90)"
    law = rl.DiscreteRatio([0.2, 0.8], [1, 1], [1.0, 2.0])
    assert law_table.law_name(law) == "50% 0.20 + 50% 0.80, loss weights 0.5 : 1"


@pytest.mark.nojit_slow
def test_the_study_small(tmp_path):
    for name in ("figures", "results", "studies"):
        (tmp_path / name).mkdir()
    blocks = "\n".join("{}\nold\n{}".format(*markers(part)) for part in r2mae.PARTS)
    page = tmp_path / "studies" / "r2mae.md"
    page.write_text(f"before\n{blocks}\nafter\n", encoding="utf-8")
    r2mae.main(["--quick", "--docs", str(tmp_path), "--only", "networks"])
    assert "No report of trained networks" in page.read_text(encoding="utf-8")
    report(tmp_path / "results" / "validation", ERRORS)
    r2mae.main(["--quick", "--docs", str(tmp_path)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert "old" not in text.replace("threshold", "")
    assert "| one task | i^-1, feature | 0.25 | masked |" in text
    assert "| down, 100 sweeps |" in text
    assert "| toy | mlp |" in text
    for name in ("r2mae", "r2mae_trained"):
        assert (tmp_path / "figures" / f"{name}.png").stat().st_size > 20_000
    with (tmp_path / "results" / "r2mae.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # The search found that a single ratio is best.
    assert float(rows[0]["law_value"]) == pytest.approx(float(rows[0]["value"]), rel=1e-9)
    assert float(rows[0]["r2mae_value"]) > 2 * float(rows[0]["value"])


def test_the_page_has_its_markers():
    text = (r2mae.DOCS / "studies" / "r2mae.md").read_text(encoding="utf-8")
    for part in r2mae.PARTS:
        assert all(text.count(marker) == 1 for marker in markers(part))
