"""Designs, estimators, statistics and seeds, each against an independent route."""

import itertools
import math

import joblib
import numpy as np
import pytest

import ridgeless as rl
from ridgeless.quantiles import quantized
from simulations import (
    EllipticalRows,
    GaussianRows,
    Problem,
    RademacherRows,
    RealRows,
    StudentRows,
    simulate_risk,
    simulate_risks,
)
from simulations.collection import runner
from simulations.collection.ledger import Ledger
from simulations.collection.statistics import Tally
from simulations.populations.designs import Population
from simulations.trials import trial
from simulations.trials.estimators.linear import LinearRegressions
from simulations.trials.inputs import Inputs
from simulations.trials.masks import draw_masks, moments
from simulations.trials.ridge import Gram, MarginalRidge, Ridge
from simulations.trials.sample import MaskedRows, Sample
from simulations.trials.trial import regressions
from tests.tolerances import LINEAR_ALGEBRA, MONTE_CARLO_Z, ROUNDING


@pytest.mark.parametrize("values", [[1.0], [0.0, 1.0, 5.0], np.geomspace(1e-3, 30, 60)])
def test_gaussian_population_has_the_spectrum_and_a_constant_diagonal(values):
    law = quantized(rl.Spectrum(values), 60)
    population = GaussianRows().population(law, np.random.default_rng(0))
    found = np.linalg.eigvalsh(population.covariance)
    np.testing.assert_allclose(found, law.eigenvalues, rtol=0, atol=LINEAR_ALGEBRA)
    diagonal = np.diag(population.covariance)
    np.testing.assert_allclose(diagonal, law.mean, rtol=LINEAR_ALGEBRA)
    vectors = population.eigenvectors
    rebuilt = (vectors * population.eigenvalues) @ vectors.T
    np.testing.assert_allclose(rebuilt, population.covariance, rtol=0, atol=LINEAR_ALGEBRA)


def test_real_rows_are_their_own_population():
    table = np.random.default_rng(0).gamma(2.0, size=(50, 4)) @ np.diag([1, 10, 2, 5])
    rows = RealRows(table)
    expected = np.linalg.eigvalsh(np.corrcoef(table.T))
    np.testing.assert_allclose(rows.spectrum.eigenvalues, expected, rtol=LINEAR_ALGEBRA)
    assert rows == RealRows(table, name="other")
    assert rows != RealRows(table[::-1])
    with pytest.raises(rl.DomainError, match="constant columns"):
        RealRows(np.column_stack([table, np.ones(50)]))
    with pytest.raises(rl.DomainError, match="matrix"):
        RealRows([1.0, 2.0])


@pytest.mark.parametrize("singular", [False, True])
def test_regressions_of_features(singular):
    rng = np.random.default_rng(0)
    root = rng.standard_normal((3 if singular else 8, 5))
    sigma = root.T @ root
    values, vectors = np.linalg.eigh(sigma)
    if singular:
        values[:2] = 0.0
    beta, variances = regressions(Population(sigma, values, vectors), np.arange(5))
    for j in range(5):
        others = np.delete(np.arange(5), j)
        fitted = sigma @ beta[:, j]
        np.testing.assert_allclose(fitted[others], sigma[others, j], atol=LINEAR_ALGEBRA)
        assert beta[j, j] == 0
        left = sigma[j, j] - beta[:, j] @ sigma @ beta[:, j]
        assert variances[j] == pytest.approx(left, abs=LINEAR_ALGEBRA)


@pytest.mark.parametrize("shape", [(40, 10), (10, 40), (20, 20)])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_ridge(shape, penalty):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal(shape)
    rows[3], rows[:, 2] = 0.0, 0.0
    y = rng.standard_normal((shape[0], 3))
    found = Ridge(Gram(rows), penalty).coefficients(y)
    if penalty:
        gram = rows.T @ rows + shape[0] * penalty * np.eye(shape[1])
        expected = np.linalg.solve(gram, rows.T @ y)
    else:
        expected = np.linalg.pinv(rows) @ y
    np.testing.assert_allclose(found, expected, rtol=0, atol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("rank", [None, 3])
@pytest.mark.parametrize("shape", [(40, 10), (10, 40)])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_noise_trace(shape, penalty, rank):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal(shape)
    if rank:
        rows = rows[:, :rank] @ rows[:rank]
    rows[3], rows[:, 2] = 0.0, 0.0
    ridge = Ridge(Gram(rows), penalty)
    assert (ridge.factor is None) == (rank is not None and penalty == 0)
    second = np.cov(rng.standard_normal((shape[1], 90)))
    units = ridge.coefficients(np.eye(shape[0]))
    expected = np.trace(units.T @ second @ units)
    assert ridge.noise_trace(second) == pytest.approx(expected, rel=LINEAR_ALGEBRA)


def test_grouped_masks_and_shared_ratios():
    masking = rl.Masking(rl.UniformRatio(0.0, 1.0), groups=(0, 0, 1, 2, 1))
    keep, ratios = draw_masks(masking, (8, 2), 5, np.random.default_rng(0), ratio_batch=3)
    np.testing.assert_array_equal(keep[..., 0], keep[..., 1])
    np.testing.assert_array_equal(keep[..., 2], keep[..., 4])
    assert (keep[..., 0] != keep[..., 3]).any()
    np.testing.assert_array_equal(ratios, ratios[[0, 0, 0, 3, 3, 3, 6, 6]])
    assert np.unique(ratios).size == 6
    images = RealRows(
        np.random.default_rng(0).random((9, 4)), places=[[0, 0], [0, 1], [0, 2], [2, 0]]
    )
    assert images.patches(2, 4) == (0, 0, 1, 2)


@pytest.mark.parametrize(
    "design", [GaussianRows(), RademacherRows(), StudentRows(5.0), EllipticalRows(9.0)]
)
def test_rows_have_the_covariance(design):
    law = rl.Spectrum([0.5, 1.0, 4.0])
    rng = np.random.default_rng(0)
    population = design.population(law, rng)
    rows = design.draw(population, 200_000, rng)
    np.testing.assert_allclose(rows.T @ rows / 200_000, population.covariance, atol=0.1)


@pytest.mark.parametrize(
    ("design", "fourth"),
    # Of one whitened entry, in units of its variance squared: 3 + 6/(freedom - 4), or 3 times
    # (freedom - 2)/(freedom - 4); and of two entries of one row, which share their power.
    [
        (GaussianRows(), (3.0, 1.0)),
        (RademacherRows(), (1.0, 1.0)),
        (StudentRows(12.0), (3.75, 1.0)),
        (EllipticalRows(12.0), (3.75, 1.25)),
    ],
)
def test_rows_have_their_law(design, fourth):
    z = design.whitened((200_000, 2), np.random.default_rng(0))
    for products, expected in zip((z[:, 0] ** 4, z[:, 0] ** 2 * z[:, 1] ** 2), fourth, strict=True):
        error = products.std() / math.sqrt(len(z))
        assert abs(products.mean() - expected) <= MONTE_CARLO_Z * error
    # Uncorrelated is independent for Gaussian entries only.
    assert design.has_independent_noise == (fourth == (3.0, 1.0))


def test_real_rows_are_drawn_with_replacement():
    rows = RealRows(np.random.default_rng(0).random((30, 3)), name="few")
    population = rows.population(rows.spectrum, np.random.default_rng(0))
    drawn = rows.draw(population, 30, np.random.default_rng(0))
    assert 10 < len(np.unique(drawn, axis=0)) < 30
    again = rows.draw(population, 500, np.random.default_rng(1))
    assert len(np.unique(again, axis=0)) == 30


def test_every_stream_and_design_has_its_own_random_numbers(monkeypatch):
    asked = []

    def seen(root, name, *numbers):
        asked.append((name, numbers))
        return original(root, name, *numbers)

    original = trial.random_numbers
    monkeypatch.setattr(trial, "random_numbers", seen)
    trial._population.cache_clear()
    problem = Problem([0.5, 1.5], 0.4, dimension=20)
    linear = Problem([0.5, 1.5], 0.4, dimension=20, target=rl.LinearTarget(1.0), rows="masked")
    assert problem.sampling == linear.sampling
    root = runner.seed_sequence(3)
    trial.run_trial(problem.sampling, [problem.readout, linear.readout], root, 7)
    design = problem.sampling.id
    trials = [(design, (7, stream)) for stream in range(4)]
    assert asked == [(problem.sampling.population_id, ()), *trials]
    first = [original(root, *key[:1], *key[1]).random() for key in asked]
    assert len(set(first)) == 5
    child = np.random.SeedSequence(3).spawn(1)[0]
    assert original(child, design, 7, 0).random() != original(root, design, 7, 0).random()


def test_the_singular_values_take_the_penalty():
    """Beside the threshold of the condition number both ways give the same."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 12)) * np.geomspace(1, 1e-7, 12)
    y = rng.standard_normal((30, 1))
    for penalty in (0.0, 1e-15, 1e-13):
        ridge = Ridge(Gram(rows), penalty)
        assert ridge.factor is None  # a condition number of 1e13 or more
        left, values, right = np.linalg.svd(rows, full_matrices=False)
        filtered = values / (values**2 + 30 * penalty)
        expected = right.T @ (filtered[:, None] * (left.T @ y))
        np.testing.assert_allclose(ridge.coefficients(y), expected, rtol=1e-6)
    assert Ridge(Gram(rows), 1e-6).factor is not None


def test_ridge_falls_back_on_singular_values():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 2)) @ rng.standard_normal((2, 12))
    y = rng.standard_normal((30, 1))
    ridge = Ridge(Gram(rows), 0.0)
    assert ridge.factor is None
    found = ridge.coefficients(y)
    np.testing.assert_allclose(found, np.linalg.pinv(rows) @ y, atol=LINEAR_ALGEBRA)
    assert not Ridge(Gram(np.zeros((3, 2))), 0.0).coefficients(np.ones((3, 1))).any()


@pytest.mark.parametrize("shape", [(40, 10), (10, 40)])
@pytest.mark.parametrize("law", [rl.DiscreteRatio([0.4]), rl.UniformRatio(0.1, 0.9)])
def test_marginal_ridge_solves_the_averaged_problem(shape, law):
    rng = np.random.default_rng(0)
    rows, y = rng.standard_normal(shape), rng.standard_normal((shape[0], 2))
    means, penalty = moments(law, "all"), 0.1
    second = rows.T @ rows / shape[0]
    averaged = means.square * second + means.cross * np.diag(np.diag(second))
    averaged += penalty * np.eye(shape[1])
    expected = np.linalg.solve(averaged, means.keep * rows.T @ y / shape[0])
    found = MarginalRidge(rows, penalty, means).coefficients(y)
    np.testing.assert_allclose(found, expected, rtol=0, atol=LINEAR_ALGEBRA)
    # The averaged second moment itself, from many masks.
    keep, _ = draw_masks(rl.Masking(law), (shape[0], 4000), shape[1], rng)
    masked = (rows[:, None] * keep)[:, :, :2]
    estimate = np.einsum("nki,nkj->ij", masked, masked) / (shape[0] * 4000)
    exact = averaged[:2, :2] - penalty * np.eye(2)
    np.testing.assert_allclose(estimate, exact, atol=0.02)


@pytest.mark.parametrize("rows", ["masked", "all"])
@pytest.mark.parametrize("samples", [4, 20])
@pytest.mark.parametrize("column", [None, 1, 5])
@pytest.mark.parametrize("groups", [None, (0, 0, 1, 1, 1, 2)])
def test_infinitely_many_masks_are_all_masks(rows, samples, column, groups):
    """One sum over every set of hidden groups, with its probability."""
    rng, d, ridge = np.random.default_rng(3), 6, 0.1
    x, y = rng.standard_normal((samples, d)), rng.standard_normal((samples, 2))
    law = rl.DiscreteRatio([0.3, 0.6])
    masking = rl.Masking(law, masks_per_sample=math.inf, rows=rows, groups=groups)
    sampling = Problem([1.0], masking, dimension=d).sampling
    population = Population(np.eye(d) + 0.3, np.ones(d), np.eye(d))  # its covariance alone counts
    sample = Sample(sampling, population, x, None, np.empty((samples, 0)))
    fit = LinearRegressions(MaskedRows(sample, None, column)).fit(ridge)
    labels = np.arange(d) if groups is None else np.array(groups)
    second, first, total = np.zeros((d, d)), np.zeros(d), 0.0
    for hidden in itertools.product([False, True], repeat=labels.max() + 1):
        # A linear task's label is masked as if it were a group of its own.
        seen = 1.0 - np.array(hidden)[labels]
        number, groups_there = sum(hidden), labels.max() + 1
        for p in law.values:
            weight = p**number * (1 - p) ** (groups_there - number)
            if rows == "masked":
                weight *= p if column is None else 1 - seen[column]
            inputs = seen * (np.arange(d) != column)
            second += weight * np.outer(inputs, inputs)
            first += weight * inputs
            total += weight
    expected = np.linalg.solve(
        second / total * (x.T @ x / samples) + ridge * np.eye(d),
        (first / total)[:, None] * (x.T @ y / samples),
    )
    np.testing.assert_allclose(fit.coefficients(y), expected, rtol=0, atol=LINEAR_ALGEBRA)
    inputs = Inputs(np.eye(d) + 0.3, groups)
    units = fit.coefficients(np.eye(samples))
    trace = fit.noise_trace(0.4)
    assert trace == pytest.approx(inputs.errors(0.4, 0.0, units).sum(), rel=LINEAR_ALGEBRA)


def test_test_inputs_are_masked_in_groups():
    rng, groups = np.random.default_rng(0), np.array([0, 1, 0, 2])
    root, beta, b = rng.standard_normal((4, 4)), np.zeros((4, 1)), np.ones((4, 1))
    root[2] = root[0]
    x = rng.standard_normal((200_000, 4)) @ root.T
    keep = rng.random((len(x), 3)) >= 0.4
    squares = (x @ beta - (x * keep[:, groups]) @ b) ** 2
    exact = Inputs(root @ root.T, tuple(groups)).errors(0.4, beta, b)
    error = squares.std() / math.sqrt(len(x))
    assert abs(squares.mean() - exact[0]) < MONTE_CARLO_Z * error
    alone = Inputs(root @ root.T).errors(0.4, beta, b)
    assert abs(squares.mean() - alone[0]) > 2 * MONTE_CARLO_Z * error


def test_moments_over_rows_with_a_masked_target():
    means = moments(rl.DiscreteRatio([0.2, 0.6]), "masked")
    assert means.keep == pytest.approx((0.2 * 0.8 + 0.6 * 0.4) / 0.8, rel=ROUNDING)
    assert moments(rl.DiscreteRatio([0.0]), "masked") == (0.0, 0.0, 0.0)


def test_certain_masks():
    rng = np.random.default_rng(0)
    assert draw_masks(rl.Masking(rl.DiscreteRatio([0.0])), (5, 2), 30, rng)[0].all()
    assert not draw_masks(rl.Masking(rl.DiscreteRatio([1.0])), (5, 2), 30, rng)[0].any()


def test_noise_is_integrated_out():
    """The same mean as from drawing the task and the noise, with less scatter."""
    d, n, p = 30, 50, 0.4
    law = rl.Spectrum.power_law(0.5, d)
    target = rl.LinearTarget(snr=2.0)
    problem = Problem(law, p, aspect_ratio=d / n, target=target, dimension=d)
    estimate = simulate_risk(problem, trials=200, rng=0)
    rng = np.random.default_rng(1)
    risks = []
    for _ in range(1500):
        population = GaussianRows().population(law, rng)
        beta = population.eigenvectors @ rng.choice([-1.0, 1.0], d) / math.sqrt(d)
        rows = GaussianRows().draw(population, n, rng)
        y = rows @ beta + math.sqrt(0.5) * rng.standard_normal(n)
        found = np.linalg.lstsq(rows * (rng.random((n, d)) > p), y, rcond=None)[0]
        miss = beta - found
        risks.append(miss @ population.covariance @ miss)
    error = math.hypot(estimate.standard_error, np.std(risks) / math.sqrt(len(risks)))
    assert abs(estimate.mean - np.mean(risks)) <= MONTE_CARLO_Z * error


def test_tallies_add():
    trials = np.random.default_rng(0).standard_normal((11, 2))
    tally = Tally.of(trials[:3]) + Tally.of(trials[3:4]) + Tally.of(trials[4:])
    estimate = tally.estimate()
    total = trials.sum(axis=1)
    assert estimate.mean == pytest.approx(total.mean(), rel=ROUNDING)
    expected = total.std(ddof=1) / math.sqrt(11)
    assert estimate.standard_error == pytest.approx(expected, rel=ROUNDING)
    parts = trials.std(axis=0, ddof=1) / math.sqrt(11)
    assert estimate.part_errors == pytest.approx(tuple(parts), rel=ROUNDING)


@pytest.mark.parametrize("masks", [1, 2, math.inf])
def test_no_rows_and_no_features_give_the_null_risk(masks):
    for p in (0.0, 1.0):
        problem = Problem([0.5, 1.5], p, masks_per_sample=masks, dimension=20)
        estimate = simulate_risk(problem, trials=3, rng=0)
        assert estimate.mean == pytest.approx(problem.theory().null, rel=0.3)
        assert estimate.noise == 0


def test_ids_are_canonical():
    """Constants: an id that changes would orphan every store."""
    problem = Problem([1.0], 0.5, dimension=10)
    assert problem.sampling.id.startswith("ac3a4d1edf791b92")
    assert problem.id.startswith("e9a62e2f36694f81")
    same = Problem(rl.Spectrum([1.0, 1.0]), rl.DiscreteRatio(0.5), dimension=10, ridge=0)
    assert same.id == problem.id
    other = Problem([1.0], 0.5, dimension=10, ridge=0.1)
    assert other.sampling.id == problem.sampling.id
    assert other.id != problem.id
    assert Problem([1.0], 0.5, dimension=10, patch=2).sampling.id != problem.sampling.id


def test_readouts_share_trials_without_changing_them():
    target = rl.LinearTarget(snr=2.0)
    given = {"dimension": 40, "rows": "all"}
    problems = [
        Problem([0.5, 1.5], 0.4, target=target, **given),
        Problem([0.5, 1.5], 0.4, target=target, ridge=0.5, test_mask_ratio=0.3, **given),
        Problem([0.5, 1.5], 0.4, **given),
        Problem([0.5, 1.5], 0.4, target=rl.LinearTarget(snr=4.0), **given),
    ]
    together = simulate_risks(problems, trials=6, rng=3)
    assert together == [simulate_risk(problem, trials=6, rng=3) for problem in problems]
    assert together[0].signal == together[3].signal
    assert together[0].noise == pytest.approx(2 * together[3].noise, rel=ROUNDING)


def test_stopping_does_not_depend_on_workers():
    problem = Problem([0.5, 1.5], 0.4, dimension=40)
    runs = [
        simulate_risks([problem], trials=400, rng=0, jobs=jobs, max_relative_error=0.05)[0]
        for jobs in (1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0].standard_error <= 0.05 * runs[0].mean
    assert 16 <= runs[0].trials < 400
    # Every readout of a design must be accurate enough, not the first only.
    noisy = Problem([0.5, 1.5], 0.4, dimension=40, target=rl.LinearTarget(0.01))
    clear = Problem([0.5, 1.5], 0.4, dimension=40, target=rl.LinearTarget(0.01), ridge=100.0)
    given = {"trials": 4000, "rng": 0, "jobs": 1, "max_relative_error": 0.005}
    both = simulate_risks([clear, noisy], **given)
    assert both == simulate_risks([noisy, clear], **given)[::-1]
    assert simulate_risks([clear], **given)[0].trials < both[0].trials == both[1].trials < 4000
    assert both[1].standard_error <= 0.005 * both[1].mean
    # A backend that gives its results in rounds, as Ray's does.
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert simulate_risks([problem], trials=400, rng=0, jobs=None, max_relative_error=0.05) == [
            runs[0]
        ]


def test_stopped_designs_count_as_done():
    problem = Problem([0.5, 1.5], 0.4, dimension=40)
    ledger = Ledger([problem], 400, 0.05)
    for batch, tallies in runner.run(ledger, runner.seed_sequence(0), 1):
        ledger.record(batch.experiment.sampling.id, batch.number, tallies)
    assert ledger.done_trials == ledger.total_trials == 400
    assert not list(ledger.missing())
    used = ledger.estimate(problem).trials
    assert used < 400
    (experiment,) = ledger.experiments.values()
    assert 4 * len(experiment.done) <= used + 16  # nor does it run on


def test_results_depend_on_the_seed_alone():
    problem = Problem([0.5, 1.5], 0.4, dimension=40)
    alone = simulate_risk(problem, trials=10, rng=5)
    assert alone == simulate_risk(problem, trials=10, rng=np.random.SeedSequence(5))
    assert alone == simulate_risk(problem, trials=10, rng=5, jobs=2)
    assert alone != simulate_risk(problem, trials=10, rng=6)
    generator = np.random.default_rng(5)
    first = simulate_risk(problem, trials=4, rng=generator)
    assert first != simulate_risk(problem, trials=4, rng=generator)
    assert first == simulate_risk(problem, trials=4, rng=np.random.default_rng(5))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mask_ratio": 1.5}, "mask_ratio"),
        ({"mask_ratio": [0.1, 0.2]}, "mask_ratio"),
        ({"aspect_ratio": 0.0}, "aspect_ratio"),
        ({"aspect_ratio": 1e9}, "aspect_ratio"),
        ({"ridge": -1.0}, "ridge"),
        ({"rows": "some"}, "rows"),
        ({"target": "feature"}, "target"),
        ({"masks_per_sample": 1.5}, "masks_per_sample"),
        ({"test_mask_ratio": math.nan}, "test_mask_ratio"),
        ({"dimension": 0}, "dimension"),
        ({"patch": 0}, "patch"),
        ({"ratio_batch": 0.5}, "ratio_batch"),
        ({"target": rl.LinearTarget(snr=[1.0, 2.0])}, "snr"),
        ({"target": rl.LinearTarget(alignment=[1.0])}, "alignment"),
        ({"target": rl.LinearTarget(alignment=[1.0, 1.0]), "dimension": 7}, "alignment"),
        ({"design": RealRows(np.eye(3))}, "spectrum"),
    ],
)
def test_bad_problems_are_refused(arguments, words):
    given = {"spectrum": [0.5, 1.5], "mask_ratio": 0.5} | arguments
    with pytest.raises(rl.DomainError, match=words):
        Problem(**given)


@pytest.mark.parametrize(
    ("arguments", "words"), [({"trials": 1}, "trials"), ({"rng": -1}, "rng"), ({"jobs": 0}, "jobs")]
)
def test_bad_runs_are_refused(arguments, words):
    with pytest.raises(rl.DomainError, match=words):
        simulate_risk(Problem([1.0], 0.5, dimension=10), **arguments)
