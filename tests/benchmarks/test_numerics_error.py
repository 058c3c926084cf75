"""Errors of the numerics, as measured for the page."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import numerics_error


@pytest.mark.parametrize("name", list(numerics_error.LIMITS))
def test_limits_are_measured(name: str) -> None:
    row = numerics_error.limit_row(name, numerics_error.LIMITS[name])
    assert all(float(error) < 1e-6 for error in row[1:])


def test_the_error_figure_is_drawn_small(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    results = {
        panel: (
            np.array([0.1, 0.2]),
            {name: np.full(2, 1e-15) for name in numerics_error.STYLE},
        )
        for panel in numerics_error.LABELS
    }
    numerics_error.draw(results, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0
    assert matplotlib.__version__


@pytest.mark.nojit_slow
@pytest.mark.parametrize("panel", list(numerics_error.LABELS))
def test_errors_of_a_panel_stay_in_bounds(panel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics_error, "MOST", 100)
    xs, curves = numerics_error.measure(panel, 2)
    assert xs.size == 2
    assert curves[numerics_error.OURS].max() < numerics_error.PROMISE
