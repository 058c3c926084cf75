"""More and fewer rows than the table has."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.recommend.columns import of_table
from ridgeless.recommend.samples import fewer, growth, population
from tests.ridgeless.recommend.brute import at


def drawn(rng: np.random.Generator, samples: int) -> np.ndarray:
    loads = np.random.default_rng(5).normal(size=(4, 40))
    return rng.normal(size=(samples, 4)) @ loads + 1.5 * rng.normal(size=(samples, 40))


def test_fewer_rows_cost_what_tables_of_that_size_show() -> None:
    rng = np.random.default_rng(0)
    ratio = 0.2
    few = rl.recommend(drawn(rng, 600), samples=80, rng=0)
    own = [rl.recommend(drawn(rng, 80), rng=0) for _ in range(8)]
    errors = [np.interp(ratio, a.curve_ratios, a.prediction_error) / a.null for a in own]
    found = np.interp(ratio, few.curve_ratios, few.prediction_error) / few.null
    assert found == pytest.approx(np.mean(errors), abs=4 * np.std(errors) / np.sqrt(8))
    assert few.samples == 80
    assert "80 rows, drawn from the 600" in " ".join(few.diagnostics)


@pytest.mark.nojit_slow
def test_more_rows_cost_what_tables_of_that_size_show() -> None:
    rng = np.random.default_rng(1)
    ratio = 0.2
    large = rl.recommend(drawn(rng, 600), rng=0)
    own = [rl.recommend(drawn(rng, 100), samples=600, rng=0) for _ in range(6)]
    errors = [np.interp(ratio, a.curve_ratios, a.prediction_error) for a in own]
    found = np.interp(ratio, large.curve_ratios, large.prediction_error)
    assert np.mean(errors) == pytest.approx(found, rel=0.1)
    assert rl.recommend(drawn(rng, 100), aspect_ratio=40 / 600, rng=0).samples == 600
    assert "times what theory says of 600" in " ".join(own[0].diagnostics)


def test_with_too_few_rows_the_ratio_stays() -> None:
    columns = of_table(drawn(np.random.default_rng(2), 60), (), None, None)
    factor, said = growth(columns, np.array([0.1, 0.5]), 1000, 0.0, 0.0)
    np.testing.assert_array_equal(factor, 1)
    assert "too few to say how the error shrinks" in said


@pytest.mark.parametrize("options", [{"target_column": 2}, {"groups": 8}, {"samples": np.inf}])
def test_named_columns_groups_and_endless_rows(options: dict[str, object]) -> None:
    rows = drawn(np.random.default_rng(3), 200)
    plain = rl.recommend(rows, **{k: v for k, v in options.items() if k != "samples"}, rng=0)
    more = rl.recommend(rows, **({"samples": 2000} | options), rng=0)
    assert (more.prediction_error <= plain.prediction_error * (1 + 1e-12)).all()
    assert more.prediction_error.min() > 0.3 * plain.prediction_error.min()


def test_every_row_is_predicted_by_some_draw() -> None:
    columns = of_table(drawn(np.random.default_rng(4), 100), (), None, None)
    _, seen = fewer(columns, [at(0.3)], 90, np.random.default_rng(0))
    assert seen.mean() > 0.9


def test_the_population_is_that_of_from_data() -> None:
    rows = drawn(np.random.default_rng(5), 200)
    assert population(of_table(rows, (), None, None))[0].mean == pytest.approx(1, rel=1e-3)
