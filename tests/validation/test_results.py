"""runs.jsonl: whatever is wrong with it is said with its line, and nothing of it is lost."""

import json
import os

import pytest

from ridgeless import DomainError
from tests.validation.runs import results
from validation.report import document
from validation.results import RUNS, end_last_line, flaw, read_results

LINES = [json.dumps(line).encode() for line in results(seeds=1)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / RUNS


def test_a_run_that_was_done_twice_counts_as_it_was_written_last(path):
    again = json.loads(LINES[0]) | {"seconds": 7.0}
    path.write_bytes(b"\n".join([*LINES[:2], json.dumps(again).encode(), b""]))
    first, second = read_results(path.parent)
    assert (first["id"], first["seconds"]) == (again["id"], 7.0)
    assert second == json.loads(LINES[1])


def test_no_file_has_no_runs(tmp_path):
    assert read_results(tmp_path) == []
    end_last_line(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    [b"{broken", b"3", b"[]", b"", LINES[1][:-30], LINES[1][:40] + LINES[1], b"\xff" + LINES[1],
     LINES[1].replace(b"mlp", b"ml\xe9"), b"[" * 100_000],
    ids=lambda line: repr(line[:8]),
)  # fmt: skip
def test_lines_that_are_no_runs(path, line):
    path.write_bytes(b"\n".join([LINES[0], line, LINES[2], b""]))
    before = path.read_bytes()
    with pytest.raises(DomainError, match=r"runs.jsonl must hold one run .* but line 2 is none"):
        read_results(path.parent)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ("id", "dataset", "model", "n", "steps", "seconds", "risks")),
        ("seed", "first"),
        ("width", 8.0),
        ("n", 0),
        ("ratio", "most"),
        ("ratio", 0.5),
        ("seconds", "long"),
        ("probe", "good"),
        ("risks", "abc"),
        ("risks", {"0": "low"}),
        ("risks", {"none": 0.5}),
        ("targets", "abc"),
        ("targets", {"easy": 3}),
        ("targets", {"easy": {"0": 0.5}}),
        ("cross_entropy", "abc"),
        ("cross_entropy", {"0": 0.5}),
        ("components", 3),
        ("components", [{"first": 1, "last": 2}]),
        ("components", [{"first": 1, "last": 2, "risk": "low"}]),
    ],
)
def test_damaged_content(path, name, value):
    damaged = json.dumps(json.loads(LINES[1]) | {name: value}).encode()
    path.write_bytes(b"\n".join([LINES[0], damaged, b""]))
    with pytest.raises(DomainError, match=f"but in line 2 '{name}' is "):
        read_results(path.parent)


def test_every_entry_is_needed(path):
    whole = json.loads(LINES[0])
    assert flaw(whole) is None
    for name in whole:
        rest = {key: value for key, value in whole.items() if key != name}
        assert flaw(rest) == name
    assert {*document.SHARED, *document.COSTS} <= whole.keys()
    path.write_bytes(b'{"id": "a"}\n')
    with pytest.raises(DomainError, match="in line 1 'dataset' is missing"):
        read_results(path.parent)


@pytest.mark.parametrize("cut", [1, 30, len(LINES[1]) - 1])
def test_a_last_line_that_was_cut_short(path, cut):
    path.write_bytes(LINES[0] + b"\n" + LINES[1][:-cut])
    before, place = path.read_bytes(), path.stat().st_ino
    assert len(read_results(path.parent)) == 1
    assert path.read_bytes() == before  # it may be on its way
    end_last_line(path.parent)
    assert path.read_bytes() == LINES[0] + b"\n"
    assert os.name == "nt" or path.stat().st_ino == place  # whoever appends still does


def test_a_last_line_that_lacks_its_end_only(path):
    path.write_bytes(LINES[0] + b"\n" + LINES[1])
    assert len(read_results(path.parent)) == 2
    for _ in range(2):
        end_last_line(path.parent)
        assert path.read_bytes() == LINES[0] + b"\n" + LINES[1] + b"\n"
