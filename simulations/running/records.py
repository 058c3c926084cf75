"""Records in JSON that a user may have edited, and a disk damaged."""

from __future__ import annotations

import json
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

__all__ = ["fits", "parsed"]


def parsed(text: bytes) -> dict[str, Any]:
    """Return the JSON object that a text in UTF-8 holds.

    Raises
    ------
    ValueError
        If it holds anything else, whatever that is.

    Examples
    --------
    >>> parsed(b'{"a": 1}')
    {'a': 1}
    """
    try:
        found = json.loads(text.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it holds no JSON object")
    return found


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of the type that a field of settings has.

    Examples
    --------
    >>> fits((1, 2.5), tuple[float, ...]), fits(True, int), fits(None, int | None)
    (True, False, True)
    """
    origin, among = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in among)
    if origin is Literal:
        return value in among
    if origin is tuple:
        return isinstance(value, tuple) and all(fits(one, among[0]) for one in value)
    if isinstance(value, bool):  # Python counts it among the integers
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)
