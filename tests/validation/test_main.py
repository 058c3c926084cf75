"""`python -m validation` as a stranger meets it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import ridgeless as rl
from validation import __main__ as command_line
from validation.__main__ import main
from validation.reconstruction import Reconstruction
from validation.results import read_results

ROOT = Path(rl.__file__).parents[1]


@pytest.fixture(autouse=True)
def reports(monkeypatch):
    """What would be reported."""
    written = []
    monkeypatch.setattr("validation.report.document.write", lambda *given: written.append(given))
    torch.set_num_threads(1)
    return written


@pytest.fixture
def small(table, tmp_path) -> list[str]:
    return [
        *("mlp", "--data", table, "--ratios", "0.5", "--seeds", "1", "--samples", "60"),
        *("--widths", "8", "--steps", "8", "--batch", "8", "--no-bridge", "--keep-models"),
        *("--device", "cpu", "--output", str(tmp_path / "out")),
    ]


@pytest.fixture
def kept(small, here, tmp_path, capsys) -> Path:
    assert main(small) == 0
    capsys.readouterr()
    (path,) = (tmp_path / "out" / "models").glob("*.pt")
    return path


def test_help_has_examples(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert out.count("python -m validation") >= 4
    for flag in ("--ratios", "--quick", "--standard", "--full", "--keep-models", "--device"):
        assert flag in out
    assert main(["evaluate", "--help"]) == 0
    assert "--test-ratios" in capsys.readouterr().out
    assert main(["evaluate"]) == 0


def test_dry_run_trains_and_writes_nothing(tmp_path, capsys, reports):
    folder = tmp_path / "out"
    words = ["--quick", "--data", "digits", "--dry-run", "--output", str(folder)]
    assert main(words) == 0
    # 4 models x 5 ratios x 2 seeds, and the Transformer at equal compute.
    assert capsys.readouterr().out == "50 runs on digits; nothing was trained\n"
    assert not folder.exists()
    assert not reports


def test_results_reach_the_report_with_their_settings(small, here, tmp_path, capsys, reports):
    assert main(small) == 0
    assert "wrote report.json" in capsys.readouterr().out
    ((folder, results, bridge, settings, made, theories),) = reports
    assert theories == []
    assert folder == tmp_path / "out"
    assert results == read_results(folder)
    assert len(results) == 1
    assert bridge == []
    assert settings["recipe"]["steps"] == 8
    assert settings["ratios"] == ["0.5"]
    assert made["command"] == "python -m validation" or "validation" in json.dumps(made)
    json.dumps(settings, allow_nan=False)
    # Once more: nothing is trained, and the report is the same.
    assert main(small) == 0
    assert reports[1][1] == results


def test_diverged_training_is_told(small, here, capsys, monkeypatch):
    found = Reconstruction({"0.5": float("nan")}, None, {})
    monkeypatch.setattr("validation.reconstruction.reconstruction", lambda *_: found)
    assert main([*small, "--jobs", "1"]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: learning_rate must be small enough")


def test_the_bridge_is_trained_once_per_folder(small, table, here, tmp_path, reports, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "validation.bridge.bridge", lambda *given: asked.append(given) or [{"a": 1}]
    )
    words = [word for word in small if word != "--no-bridge"]
    for _ in range(2):
        assert main(words) == 0
    assert len(asked) == 1
    assert reports[1][2] == reports[0][2] == [{"a": 1}]
    (tmp_path / "out" / "bridge.json").write_text("[{")  # broken, so made again
    assert main(words) == 0
    assert len(asked) == 2
    kept = tmp_path / "out" / "bridge.json"
    for name, other in (("data", "other"), ("settings", {"dimension": 3})):
        kept.write_text(json.dumps(json.loads(kept.read_text()) | {name: other}))
        there = command_line._bridge(tmp_path / "out", [table], None)  # trains nothing
        assert there == ([] if name == "data" else [{"a": 1}])
        assert main(words) == 0  # of other data, or made otherwise
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "cifar"], "data must be one of"),
        (["--data", "nowhere.npy"], "nowhere.npy is not there"),
        (["--ratios", "1.2"], "ratios must lie in (0, 1), got 1.2"),
        (["--ratios", "nan"], "mask_ratio"),
        (["--ratios", "uniform:0.1"], "mask_ratio"),
        (["--ratios", "uniform:0.5:1.5"], "high"),
        (["--quick", "--standard"], "--quick and --standard must not be given together"),
        (["lstm"], "models must be among"),
        (["transformer", "--data", "digits", "--widths", "20"], "width must be a multiple of 16"),
        (["--data", "digits", "--samples", "9999"], "samples must be at most 1438"),
        (["--data", "digits", "--block", "9"], "block must leave at least 2 squares"),
        (["--learning-rate", "-1"], "learning_rate"),
        (["--steps", "0"], "steps"),
        (["--seeds", "0"], "seeds"),
        (["--seeds", "many"], "--seeds"),
        (["--jobs", "0"], "jobs"),
        (["--per", "epoch"], "--per"),
        (["--what"], "--what"),
        (["--data", "digits", "--device", "gpu"], "device must be auto, cpu, cuda"),
        (["--data", "digits", "--device", "cuda:99"], "must exist"),
        (["evaluate", "nowhere.pt"], "checkpoint must be a file"),
        (["evaluate", "--json"], "checkpoint must be a file"),
        (["evaluate", "x.pt", "--test-ratios", "1"], "test_ratios must lie in [0, 1), got 1.0"),
        (["evaluate", "x.pt", "--test-ratios", "x"], "--test-ratios"),
    ],
    ids=" ".join,
)
def test_errors_are_one_line(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())  # nothing was begun


def test_a_loss_that_explodes_is_one_line(small, here, capsys):
    assert main([*small, "--learning-rate", "1e30", "--steps", "40"]) == 2
    err = capsys.readouterr().err
    assert "error: the loss must stay finite" in err
    assert "Traceback" not in err


def test_evaluate_a_kept_model(kept, capsys, tmp_path):
    assert main(["evaluate", str(kept), "--test-ratios", "0", "0.4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["risks"]) == ["0", "0.4", "0.3-0.7"]
    assert (found["model"], found["dataset"], found["trained_with"]) == ("mlp", "table", "0.5")
    assert found["probe"] is None
    assert main(["evaluate", str(kept), "--json"]) == 0
    (result,) = read_results(tmp_path / "out")
    assert json.loads(capsys.readouterr().out)["risks"] == result["risks"]
    assert main(["evaluate", str(kept), "--test-ratios", "0.3"]) == 0
    out = capsys.readouterr().out
    assert "mlp of width 8" in out
    assert f"test ratio     0.3  risk {result['risks']['0.3']:.4f}" in out


def test_evaluate_elsewhere(kept, capsys, tmp_path):
    other = np.random.default_rng(0).standard_normal((40, 24))
    np.save(tmp_path / "other.npy", other)
    np.save(tmp_path / "wide.npy", np.c_[other, other])
    assert main(["evaluate", str(kept), "--data", str(tmp_path / "other.npy"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dataset"] == "other"
    assert min(found["risks"].values()) > 0.9  # nothing can be learnt of noise
    for unfit in (str(tmp_path / "wide.npy"), "pydoc"):
        assert main(["evaluate", str(kept), "--data", unfit]) == 2
        assert "must be of a MLP of the same data and size" in capsys.readouterr().err


def test_evaluate_broken_files(kept, capsys, tmp_path):
    good = kept.read_bytes()
    about = torch.load(kept) | {"about": {}}
    torch.save(about, tmp_path / "anonymous.pt")
    for name, content in (("cut.pt", good[:-50]), ("empty.pt", b""), ("text.pt", b"hello")):
        (tmp_path / name).write_bytes(content)
        assert main(["evaluate", str(tmp_path / name)]) == 2
        err = capsys.readouterr().err
        assert "must be a whole file that this package wrote" in err
        assert err.count("\n") == 1
    assert main(["evaluate", str(tmp_path / "anonymous.pt")]) == 2
    assert "anonymous.pt must say which run it is of" in capsys.readouterr().err


def test_report_on_a_folder_with_damaged_files(kept, capsys, reports):
    folder = kept.parents[1]
    reports.clear()
    for name, damaged, words in (
        ("settings.json", b"{", "settings.json must hold the settings of the runs beside it"),
        ("settings.json", b"\xff", "settings.json must hold the settings of the runs beside it"),
        ("runs.jsonl", b'{"id": "\xff"}\n', "runs.jsonl must hold one run per line, but line 1"),
    ):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(damaged)
        assert main(["report", str(folder)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert words in err
        (folder / name).write_bytes(whole)
    assert not reports
    assert main(["report", str(folder)]) == 0


@pytest.mark.parametrize("package", ["torch", "tyro"])
def test_without_a_package_it_says_what_to_install(package):
    code = f"import runpy, sys; sys.modules[{package!r}] = None; runpy.run_module('validation')"
    code = code.replace("'validation')", "'validation', run_name='__main__')")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {package} is not installed; pip install 'ridgeless[validation]'\n"
    )


INTERRUPTED = """
import sys, types

sys.modules["validation.report.document"] = types.ModuleType("validation.report.document")
from validation import __main__ as command_line
from validation.__main__ import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
def test_ctrl_c_keeps_what_is_finished(small, tmp_path):
    script, log = tmp_path / "go.py", tmp_path / "log"
    script.write_text(INTERRUPTED)
    words = [*small, "--seeds", "200", "--jobs", "2", "--no-keep-models"]
    with log.open("w") as told:
        process = subprocess.Popen(
            [sys.executable, str(script), *words],
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stderr=told,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            # In the background a shell makes its children deaf to Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        runs, limit = tmp_path / "out" / "runs.jsonl", time.monotonic() + 300
        while time.monotonic() < limit and not (runs.exists() and runs.read_text().count("\n")):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=300) == 130
    assert re.search(
        r"interrupted: \d+ of 200 runs are kept in .*; the same command", log.read_text()
    )
    assert "Traceback" not in log.read_text()
    assert 0 < len(read_results(tmp_path / "out")) < 200
