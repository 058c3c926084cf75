"""Fronts by the problem they pose: what serves one of them serves all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ridgeless.engine.grid import Family, Grid
from ridgeless.errors import DomainError

__all__ = ["poses", "problem_of"]

Front = TypeVar("Front", bound=Callable[..., Any])
Pose = Callable[..., tuple[Grid, list[Family]]]

_POSED: dict[Callable[..., Any], Pose] = {}


def poses(problem: Pose) -> Callable[[Front], Front]:
    """Say that a front answers `problem`, which takes the same arguments."""

    def register(front: Front) -> Front:
        _POSED[front] = problem
        return front

    return register


def problem_of(front: Callable[..., Any]) -> Pose:
    """Return the problem that a front poses: from its arguments to a grid and families."""
    if front not in _POSED:
        known = ", ".join(known.__name__ for known in _POSED)
        raise DomainError(f"front must be one of {known}, got {front!r}")
    return _POSED[front]
