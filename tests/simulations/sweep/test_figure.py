"""What the figure of a sweep shows: the points where they were measured, panels by name."""

import numpy as np
import pytest

from simulations.sweep import figure
from simulations.sweep.settings import Sweep
from simulations.sweep.table import Row
from simulations.trials.problem import Problem


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw a sweep whose estimates are twice the theory; return the figure."""
    from matplotlib.figure import Figure

    from simulations import RiskEstimate

    kept = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (kept.append(self), save(self, *a, **k))[1]
    )

    def draw(**settings):
        cells = Sweep(dimension=(20,), **settings).cells()
        rows = []
        for cell in cells:
            theory = cell.problem.theory()
            mean = 2 * float(theory.total)
            rows.append(Row.of(cell, theory, RiskEstimate(mean, 0.1, 4, mean, 0.0, (0.1, 0.0))))
        figure.plot_sweep(cells, rows, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 10_000
        return kept[-1], rows

    return draw


def points(axis):
    """Places of the markers of the error bars, colour by colour."""
    return [
        (float(x), float(y))
        for container in axis.containers
        for x, y in zip(*container[0].get_data(), strict=True)
    ]


def test_points_stand_at_their_ratio_and_estimate(drawn):
    made, rows = drawn(spectrum=("isotropic",), mask_ratios=("0.1", "0.6"))
    shown = sorted(points(made.axes[0]))
    expected = sorted((float(row.mask_ratio), row.monte_carlo) for row in rows)
    np.testing.assert_allclose(shown, expected)
    curves = [line for line in made.axes[0].lines if len(line.get_xdata()) == figure.GRID.size]
    assert len(curves) == 2
    theory = Problem([1.0], 0.5, aspect_ratio=0.25, dimension=20).theory(figure.GRID).total
    np.testing.assert_allclose(curves[0].get_ydata(), np.minimum(theory, 1e6))


def test_a_law_has_no_place_but_a_range(drawn):
    made, rows = drawn(
        spectrum=("isotropic",), mask_ratios=("uniform:0.2:0.6",), aspect_ratios=(2.0,)
    )
    ((place, height),) = points(made.axes[0])
    assert 0.2 < place < 0.6
    assert height == rows[0].monte_carlo
    labels = [text.get_text() for text in made.legends[0].get_texts()]
    assert any("R²MAE" in label for label in labels)


def test_a_panel_for_each_spectrum_and_penalty(drawn):
    made, _ = drawn(spectrum=("isotropic", "power_law"), mask_ratios=("0.5",), ridge=(0.0, 1.0))
    titles = [axis.get_title() for axis in made.axes if axis.get_visible()]
    assert len(titles) == 4
    assert {title.split()[0] for title in titles} == {"isotropic", "power_law"}


def test_the_theory_of_the_rows_is_a_line_through_its_ratios(monkeypatch, tmp_path):
    from dataclasses import replace

    from matplotlib.figure import Figure

    from simulations import RiskEstimate

    kept = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: kept.append(self))
    cells = Sweep(spectrum=("digits",), mask_ratios=("0.6", "0.2", "uniform:0.1:0.9"),
                  aspect_ratios=(2.0,), target="linear").cells()  # fmt: skip
    estimate = RiskEstimate(2.0, 0.1, 4, 2.0, 0.0, (0.1, 0.0))
    rows = [Row.of(cell, cell.problem.theory(), estimate, 1.0 + k) for k, cell in enumerate(cells)]
    figure.plot_sweep(cells, rows, tmp_path / "figure.png")
    dotted = [
        x for x in kept[0].axes[0].lines if x.get_linestyle() == ":" or len(x.get_xdata()) == 2
    ]
    drawn = [(list(x.get_xdata()), list(x.get_ydata())) for x in dotted]
    assert ([0.2, 0.6], [2.0, 1.0]) in drawn
    assert any(y == [3.0, 3.0] for _, y in drawn)
    labels = [text.get_text() for text in kept[0].legends[0].get_texts()]
    assert "theory of the rows" in labels
    assert all(row.theory_rows is not None for row in rows)
    figure.plot_sweep(cells, [replace(row, theory_rows=None) for row in rows], tmp_path / "x.png")
    labels = [text.get_text() for text in kept[1].legends[0].get_texts()]
    assert "theory of the rows" not in labels
