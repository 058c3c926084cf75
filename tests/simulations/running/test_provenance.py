"""What a result was made with stands beside it."""

import json
import subprocess
from datetime import datetime

import numpy as np

import ridgeless as rl
from simulations.running import provenance as made
from simulations.running.provenance import provenance


def test_versions_settings_and_commit_are_there() -> None:
    found = provenance("python -m thing", {"trials": 4}, 1.26)
    assert found["settings"] == {"trials": 4}
    assert found["ridgeless"] == rl.__version__
    assert found["packages"]["numpy"] == np.__version__
    assert found["seconds"] == 1.3
    assert datetime.fromisoformat(found["finished"]).tzinfo is not None
    assert json.loads(json.dumps(found)) == found


def test_the_first_run_has_no_end_yet() -> None:
    found = provenance("python -m thing", {}, None)
    assert found["finished"] is found["seconds"] is None


def test_what_is_not_there_is_said(monkeypatch) -> None:
    monkeypatch.setattr(made, "PACKAGES", ("no-such-package",))
    assert provenance("", {}, None)["packages"] == {"no-such-package": "not installed"}

    def without_git(*_given, **_named):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", without_git)
    assert provenance("", {}, None)["commit"] == "unknown"


def test_a_changed_tree_is_marked(monkeypatch) -> None:
    answers = iter([" M file.py\n", "abc\n"])

    def git(*_given, **_named):
        return subprocess.CompletedProcess([], 0, next(answers), "")

    monkeypatch.setattr(subprocess, "run", git)
    assert provenance("", {}, None)["commit"] == "abc-modified"
