"""Fronts: functions that are written as the problem they pose, and called for its answer."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar

from ridgeless.engine.grid import Family, Grid, answer
from ridgeless.errors import DomainError
from ridgeless.parts import Risk

__all__ = ["Problem", "front", "front_of", "problem_of"]

#: A grid of cells, and the features and signals that are solved on it; risks are means over them.
Problem = tuple[Grid, list[Family]]

Given = ParamSpec("Given")
Kind = TypeVar("Kind", bound=Risk)

_POSED: dict[Callable[..., Any], Callable[..., Problem]] = {}


def front_of(
    kind: type[Kind],
) -> Callable[[Callable[Given, Problem]], Callable[Given, Kind]]:
    """Return what makes fronts that answer with this kind of risk."""

    def front(pose: Callable[Given, Problem]) -> Callable[Given, Kind]:
        """Return the function that answers the problem which `pose` makes of its arguments.

        What serves one front serves all: `problem_of` has the problem of each.
        """

        @functools.wraps(pose)
        def answered(*args: Given.args, **keywords: Given.kwargs) -> Kind:
            return answer(*pose(*args, **keywords), kind)

        signature = inspect.signature(pose).replace(return_annotation=kind)
        answered.__signature__ = signature  # type: ignore[attr-defined]
        answered.__annotations__ = pose.__annotations__ | {"return": kind}
        _POSED[answered] = pose
        return answered

    return front


#: Makes fronts that answer with a `Risk`.
front = front_of(Risk)


def problem_of(answered: Any) -> Callable[..., Problem]:
    """Return what makes a front's problem of its arguments."""
    if not isinstance(answered, Hashable) or answered not in _POSED:
        known = ", ".join(sorted(known.__name__ for known in _POSED))
        raise DomainError(f"front must be one of {known}, got {answered!r}")
    return _POSED[answered]
