"""Labels of a probe: numbers, or classes as indicators."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError
from ridgeless.rows.question import labels_of

__all__ = ["Labels", "read_labels"]

Array = NDArray[np.float64]

#: Whole numbers of at most so many values, each at least twice, are taken for classes.
MOST_CLASSES = 20


class Labels(NamedTuple):
    """What a probe predicts, centred: no constant has to be learnt."""

    y: Array  #: shape (N, t)
    classes: tuple[Any, ...]  #: in the order of the columns of y; none of numbers
    number: NDArray[np.intp]  #: class of each row, shape (N,); -1 without classes
    shares: Array  #: of each class, shape (t,); what a prediction is lifted by

    @property
    def told(self) -> str:
        """How labels were read, in words."""
        if not self.classes:
            many = self.y.shape[1]
            return "numbers" if many == 1 else f"{many} columns of numbers"
        shown = ", ".join(map(str, self.classes[:10]))
        return f"{len(self.classes)} classes: {shown}" + (", ..." if len(self.classes) > 10 else "")


def read_labels(y: Any, rows: int, classes: bool | None = None) -> Labels:
    """Return labels; `classes` says whether they are, None asks the labels.

    Text and booleans are classes, and whole numbers of at most 20 values, each there twice.

    Raises
    ------
    DomainError
        If labels are not one per row, are not finite, or do not differ.

    Examples
    --------
    >>> read_labels(["a", "b", "a", "b"], 4).told
    '2 classes: a, b'
    >>> read_labels([0.5, 1.0, 2.5, 1.5], 4).told
    'numbers'
    """
    given = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    text = given.dtype.kind in "OUSb" and not _numeric(given)
    if given.ndim == 1 and given.shape[0] == rows and (text or _few(given) or classes):
        if classes is not False:
            return _classes(given, text)
        if text:
            raise DomainError("classes must not be False for labels that are no numbers")
    if classes:
        raise DomainError(f"classes must be one label for each of {rows} rows, got {given.shape}")
    values = labels_of("y", y, rows)
    if not (np.ptp(values, axis=0) > 0).all():
        raise DomainError("y must differ between rows, got a column of one value")
    nobody = np.full(rows, -1, dtype=np.intp)
    return Labels(values - values.mean(axis=0), (), nobody, values.mean(axis=0))


def _classes(given: NDArray[Any], text: bool) -> Labels:
    if text and any(value is None or value != value for value in given.tolist()):
        raise DomainError("y must have a class for every row, got a missing one")
    if not text and not np.isfinite(given.astype(float)).all():
        raise DomainError("y must be finite, got nan or inf")
    values = given.astype(str) if text and given.dtype.kind == "O" else given
    if not text and given.dtype.kind != "b" and (given == np.floor(given.astype(float))).all():
        values = given.astype(np.int64)
    names, number = np.unique(values, return_inverse=True)
    if names.size < 2:
        raise DomainError(f"y must have at least 2 classes, got {names.tolist()}")
    if names.size > given.shape[0] // 2:
        raise DomainError(
            f"y must have classes that come twice and more, got {names.size} of them in "
            f"{given.shape[0]} rows"
        )
    hot = np.eye(names.size)[number.ravel()]
    shares = hot.mean(axis=0)
    return Labels(hot - shares, tuple(names.tolist()), number.ravel().astype(np.intp), shares)


def _numeric(given: NDArray[Any]) -> bool:
    """Return whether an array of objects holds numbers alone."""
    if given.dtype.kind != "O":
        return False
    try:
        given.astype(float)
    except (TypeError, ValueError):
        return False
    return not any(isinstance(value, bool | str) for value in given.ravel().tolist())


def _few(given: NDArray[Any]) -> bool:
    """Return whether numbers are likely to be classes."""
    values = given.astype(float)
    if not np.isfinite(values).all() or (values != np.floor(values)).any():
        return False
    counts = np.unique(values, return_counts=True)[1]
    return 1 < counts.size <= MOST_CLASSES and bool((counts > 1).all())
