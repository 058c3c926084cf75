"""Whatever stands in a record, it is read or refused in one way."""

from pathlib import Path
from typing import Literal

import pytest

from simulations.running.records import fits, parsed


def test_an_object_is_read() -> None:
    assert parsed('{"a": [1, "ä"]}'.encode()) == {"a": [1, "ä"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "3",
        "[]",
        "null",
        '{"a": "\xff"}',
        "\xff\xfe",
        "[" * 100_000,
        f'{{"a": 1{0:05000d}}}',
    ],
    ids=lambda text: text[:8],
)
def test_anything_else_is_a_value_error(text) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(text.encode("latin-1"))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (int, [3, -1], [3.0, True, "3", None, [3]]),
        (float, [3, 0.5], [False, "0.5", None, {}]),
        (str, ["", "a"], [3, None, ["a"]]),
        (bool, [True], [1, None, "true"]),
        (int | None, [3, None], ["3", False]),
        (Literal["loky", "dask"], ["dask"], ["ray", 3, None, [], {}]),
        (tuple[str, ...], [(), ("a", "b")], ["a", ["a"], ("a", 3), None]),
        (tuple[float, ...], [(1, 0.5)], [("1",), (True,), 1]),
        (Path, [Path("a")], ["a", None]),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_values_fit_their_types(kind, good, bad) -> None:
    assert all(fits(value, kind) for value in good)
    assert not any(fits(value, kind) for value in bad)
