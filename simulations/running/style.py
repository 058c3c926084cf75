"""How figures look: colours, shapes and Matplotlib's settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "SHAPES", "STYLE", "levels", "panels"]

#: Okabe and Ito's colours, which colour-blind readers tell apart, and a shape for each.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("o", "s", "^", "D", "v", "P")

STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.color": "0.92",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def levels(
    axis: Axes,
    values: Sequence[float] | None = None,
    label: Callable[[float, int], str] = lambda level, _: f"{level:g}",
) -> None:
    """Tick the vertical axis at some values, at 1, 2 and 5 of each decade if none are given."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    at = LogLocator(subs=(1, 2, 5)) if values is None else FixedLocator(values)
    axis.yaxis.set_major_locator(at)
    axis.yaxis.set_major_formatter(FuncFormatter(label))
    axis.yaxis.set_minor_locator(NullLocator())


def panels(number: int, across: int, height: float, **shared: Any) -> tuple[Figure, Any]:
    """Return a figure with room for a legend above, and its panels, those too many hidden."""
    from matplotlib.figure import Figure

    down = -(-number // across)
    figure = Figure(figsize=(4.4 * across, height * down + 0.8), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, **shared)
    for axis in axes.flat[number:]:
        axis.set_visible(False)
    return figure, axes
