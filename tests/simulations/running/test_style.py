"""The looks that all figures share."""

import pytest

from simulations.running.style import COLOURS, SHAPES, STYLE, levels, panels


def test_series_are_told_apart_twice():
    assert len(set(COLOURS)) == len(set(SHAPES)) == len(COLOURS) == len(SHAPES)


def test_matplotlib_knows_every_setting():
    mpl = pytest.importorskip("matplotlib")
    with mpl.rc_context(STYLE):
        assert mpl.rcParams["lines.linewidth"] == STYLE["lines.linewidth"]


@pytest.mark.parametrize(
    ("asked", "labels"),
    [((None,), ["0.5", "1", "2", "5"]), (((1, 4), lambda level, _: f"{level:g}!"), ["1!", "4!"])],
)
def test_levels_are_labelled(asked, labels):
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axis = figure.subplots()
    axis.set_yscale("log")
    axis.set_ylim(0.4, 6)
    levels(axis, *asked)
    ticks = axis.yaxis.get_ticklocs()
    shown = [axis.yaxis.get_major_formatter()(tick) for tick in ticks if 0.4 <= tick <= 6]
    assert shown == labels
    assert axis.yaxis.get_minorticklocs().size == 0


def test_panels_too_many_are_hidden():
    pytest.importorskip("matplotlib")
    figure, axes = panels(4, 3, 3.0, sharex=True)
    assert axes.shape == (2, 3)
    assert [axis.get_visible() for axis in axes.flat] == [True] * 4 + [False] * 2
    assert figure.get_size_inches() == pytest.approx([13.2, 6.8])
