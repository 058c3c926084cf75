"""runs.jsonl: one line of JSON per finished run, and what each must hold."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ridgeless import DomainError
from validation.named_ratio import named_ratio

__all__ = ["RUNS", "Result", "end_last_line", "flaw", "read_results"]

#: One line of JSON per finished run, appended.
RUNS = "runs.jsonl"

Result = dict[str, Any]

TEXTS = ("id", "dataset", "model", "kind", "equal")
COUNTS = {"width": 0, "n": 1, "seed": 0, "block": 1, "steps": 1, "tokens": 0}  # and the least
OTHERS = ("ratio", "seconds", "probe", "risks", "targets", "cross_entropy", "components")


def read_results(folder: Path) -> list[Result]:
    """Return the finished runs of a folder, each as it was written last, in order.

    The file is only read. A last line that is not whole, because a crash cut it short or because
    it is being written now, is not a finished run.

    Raises
    ------
    DomainError
        If another line is not JSON in UTF-8, or not what a run holds.
    """
    path = folder / RUNS
    if not path.exists():
        return []
    *lines, tail = path.read_bytes().split(b"\n")
    if _whole(tail):
        lines.append(tail)
    # Two commands at work in one folder do some runs twice.
    return list({result["id"]: result for result in _parsed(path, lines)}.values())


def end_last_line(folder: Path, name: str = RUNS) -> None:
    """Make a file of lines end with a whole one, so that more can be appended.

    A last line that was cut short is removed, and one that lacks its end only gets it. The file
    stays the same one: another command may be appending to it.
    """
    path = folder / name
    if not path.exists():
        return
    content = path.read_bytes()
    tail = content[content.rfind(b"\n") + 1 :]
    if _whole(tail):
        with path.open("ab") as file:
            file.write(b"\n")
    elif tail:
        os.truncate(path, len(content) - len(tail))


def flaw(result: Mapping[str, Any]) -> str | None:
    """Return the first entry of a result that is missing, or not what a run has there."""
    names = (*TEXTS, *COUNTS, *OTHERS)
    return next((name for name in names if name not in result or not _sound(result, name)), None)


def _parsed(path: Path, lines: Sequence[bytes]) -> Iterator[Result]:
    for number, line in enumerate(lines, start=1):
        result = _decoded(line)
        if result is None:
            raise DomainError(f"{path} must hold one run per line, but line {number} is none")
        name = flaw(result)
        if name is not None:
            what = f"is {result[name]!r:.60}" if name in result else "is missing"
            raise DomainError(
                f"{path} must hold one run per line, but in line {number} {name!r} {what}"
            )
        yield result


def _whole(tail: bytes) -> bool:
    return _decoded(tail) is not None


def _decoded(line: bytes) -> Result | None:
    try:
        result = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return result if isinstance(result, dict) else None


def _sound(result: Mapping[str, Any], name: str) -> bool:
    value = result[name]
    if name in TEXTS:
        return isinstance(value, str)
    if name in COUNTS:
        return type(value) is int and value >= COUNTS[name]
    if name == "ratio":
        return isinstance(value, str) and _readable(value)
    if name == "seconds":
        return _number(value)
    if name == "probe":
        return value is None or _number(value)
    if name == "risks":
        return _risks(value) and all(map(_test_ratio, value))
    tests = result["risks"]
    if name == "cross_entropy":
        return value is None or (_risks(value) and value.keys() == tests.keys())
    if name == "targets":
        return isinstance(value, dict) and all(
            _risks(part) and part.keys() == tests.keys() for part in value.values()
        )
    return value is None or (isinstance(value, list) and all(map(_component, value)))


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _risks(value: Any) -> bool:
    return isinstance(value, dict) and all(type(risk) in (int, float) for risk in value.values())


def _readable(ratio: str) -> bool:
    try:
        named_ratio(ratio)
    except DomainError:
        return False
    return True


def _test_ratio(name: str) -> bool:
    try:
        return all(0 <= float(part) < 1 for part in name.split("-"))
    except ValueError:
        return False


def _component(part: Any) -> bool:
    return (
        isinstance(part, dict)
        and all(type(part.get(name)) is int and part[name] > 0 for name in ("first", "last"))
        and _number(part.get("risk"))
    )
