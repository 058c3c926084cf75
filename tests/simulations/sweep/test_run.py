"""The command line, end to end."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from simulations.collection import store
from simulations.running import progress
from simulations.sweep import run as sweep
from tests.simulations.sweeps import SMALL, SWEEP, finished

COLUMNS = "spectrum,mask_ratio,aspect_ratio,theory,monte_carlo,standard_error,z,trials"


@pytest.mark.nojit_slow
def test_small_sweep(run, tmp_path):
    spectra = ["power_law:0.5", "digits", "isotropic", "ar1:0.7"]
    code, out, _ = run(*spectra, "--mask-ratios", "0.6", "uniform:0.2:0.7", "0.25")
    assert code == 0
    text = (tmp_path / "out/summary.csv").read_text()
    assert text.startswith(COLUMNS)
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 4 * 3 * 2
    assert [row["spectrum"] for row in rows[::6]] == spectra
    for row in rows:
        at_threshold = (row["mask_ratio"], row["aspect_ratio"]) == ("0.25", "0.25")
        assert (row["theory"] == "inf") == at_threshold
        for name in ("monte_carlo", "standard_error", "z", "relative_difference"):
            assert row[name] != "nan"
    assert "real rows" in out.lower()
    assert "digits" in out
    record = json.loads((tmp_path / "out/provenance.json").read_text())
    assert record["settings"]["spectrum"] == spectra
    assert record["settings"]["rng"] == 0
    assert {"ridgeless", "python", "commit", "finished", "packages"} <= set(record)
    assert (tmp_path / "out/sweep.png").stat().st_size > 10_000
    assert len(list((tmp_path / "out").iterdir())) == 4


@pytest.mark.nojit_slow
def test_summary_does_not_depend_on_workers(run, tmp_path):
    arguments = ["spiked", "--mask-ratios", "0.5", "--target", "linear"]
    texts = []
    for jobs in ("1", "2"):
        assert run(*arguments, "--jobs", jobs)[0] == 0
        texts.append((tmp_path / "out/summary.csv").read_bytes())
        shutil.rmtree(tmp_path / "out")
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "spectrum"),
        (["power_law:x"], "spectrum"),
        (["isotropic", "--mask-ratios", "1.5"], "mask_ratio"),
        (["isotropic", "--mask-ratios", "uniform:0.1"], "mask_ratio"),
        (["isotropic", "--aspect-ratios", "0"], "aspect_ratio"),
        (["isotropic", "--trials", "1"], "trials"),
        (["isotropic", "--trials", "many"], "--trials"),
        (["isotropic", "--what"], "--what"),
        (["isotropic", "--design", "gaussian:3"], "design"),
        (["isotropic", "--design", "student:2"], "freedom"),
        (["isotropic", "--max-relative-error", "0"], "max_relative_error"),
        (["nowhere.npy"], "nowhere.npy"),
        (["isotropic", "--config", "nowhere.json"], "nowhere.json"),
        (["isotropic", "--jobs", "0"], "jobs"),
        (["isotropic", "--config"], "--config"),
        (["isotropic", "--output", ""], "--output must not be empty"),
        (["isotropic", "--rng", "-1"], "rng"),
        (["isotropic", "--dry-run", "--rng", "-1"], "rng"),
        (["isotropic", "--fill", "some"], "fill"),
        (["isotropic", "--masks-per-sample", "1e30"], "masks_per_sample"),
        (["isotropic", "--mask-ratios", "0.5", "--masks-per-sample", "1e12"], "GiB of memory"),
        (["isotropic", "--dimension", "3000000000"], "a trial with d = 3000000000 needs at least"),
        (["isotropic", "--dimension", "40000000", "--jobs", "1"], "GiB are available"),
        (["{folder}/complex.npy"], "numbers"),
        (["isotropic", "--config", "{folder}/edited.json"], "mask_ratios must be a list"),
    ],
)
def test_errors_are_one_line(run, tmp_path, arguments, words):
    np.save(tmp_path / "complex.npy", 1j * np.eye(4))
    (tmp_path / "edited.json").write_text('{"settings": {"mask_ratios": [0.5], "output": "x"}}')
    code, out, err = run(*(word.format(folder=tmp_path) for word in arguments))
    assert not (tmp_path / "out").exists()
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert err.count("\n") == 1


def test_output_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    code = sweep.main([*SMALL, "isotropic", "--output", str(tmp_path / "file" / "out")])
    assert code == 2
    assert "file" in capsys.readouterr().err


def test_help_has_examples(capsys):
    assert sweep.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert out.count("python -m simulations.sweep") >= 3
    assert "--mask-ratios" in out


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
@pytest.mark.parametrize("stop", ["Ctrl-C", "kill"])
def test_interrupted_sweep_keeps_what_is_finished(tmp_path, stop):
    arguments = ["--spectrum", "isotropic", "--dimension", "200", "--trials", "40", "--jobs", "2"]
    ratios = ["--mask-ratios", *[f"{p / 100}" for p in range(30, 90)], "--output", str(tmp_path)]
    log = tmp_path / "log"
    with log.open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulations.sweep", *arguments, *ratios],
            stderr=told,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            # In the background a shell makes its children deaf to Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        # Wait until the bar shows that some cells are done, then press Ctrl-C.
        limit = time.monotonic() + 60
        while not re.search(r"\D[1-9]\d\d/", log.read_text()) and time.monotonic() < limit:
            time.sleep(0.1)
        if stop == "Ctrl-C":
            os.killpg(process.pid, signal.SIGINT)
        else:  # of the sweep alone
            process.terminate()
        assert process.wait(timeout=60) == 130
    assert "interrupted: " in log.read_text()
    assert "Traceback" not in log.read_text()
    rows = (tmp_path / "summary.csv").read_text().splitlines()
    assert 1 < len(rows) < 1 + 2 * 60


def test_a_finished_sweep_is_not_run_again(undisturbed, monkeypatch):
    def forbidden(*_):
        raise AssertionError("a trial was run")

    monkeypatch.setattr("simulations.collection.runner.run_trial", forbidden)
    before = (undisturbed / "summary.csv").read_bytes()
    assert finished(undisturbed) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trials", "44"], "(trials)"),
        (["--rng", "1"], "(rng)"),
        (["--ridge", "0.1", "--dimension", "60"], "(dimension, ridge)"),
        (["--patch", "2", "--masks-per-sample", "2"], "(masks_per_sample, patch)"),
    ],
)
def test_other_settings_are_refused(undisturbed, capsys, arguments, words):
    before = (undisturbed / "batches.csv").read_bytes()
    assert sweep.main([*SWEEP, *arguments, "--output", str(undisturbed)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert (undisturbed / "batches.csv").read_bytes() == before


def test_the_lock_comes_before_the_record(tmp_path, capsys, monkeypatch):
    """Another sweep takes the folder between the look at it and the lock."""
    taken = store.BatchFile.open

    def late(path):
        with monkeypatch.context() as patch:
            patch.setattr(store.BatchFile, "open", taken)
            finished(tmp_path)
        return taken(path)

    monkeypatch.setattr(store.BatchFile, "open", late)
    assert sweep.main([*SWEEP, "--rng", "1", "--output", str(tmp_path)]) == 2
    assert "(rng)" in capsys.readouterr().err
    assert json.loads((tmp_path / "provenance.json").read_text())["settings"]["rng"] == 0


def test_config_repeats_a_run(undisturbed, tmp_path):
    config = ["--config", str(undisturbed / "provenance.json"), "--output", str(tmp_path)]
    assert sweep.main([*config, "--jobs", "2"]) == 0
    again, before = (folder / "summary.csv" for folder in (tmp_path, undisturbed))
    assert again.read_bytes() == before.read_bytes()
    settings = json.loads((tmp_path / "provenance.json").read_text())["settings"]
    assert settings["snr"] == [1.0, 4.0]


def test_dry_run(tmp_path, capsys):
    assert sweep.main([*SWEEP, "--dry-run", "--output", str(tmp_path / "out")]) == 0
    assert "8 cells of 4 designs, 160 trials" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("into", "code"), [("", 0), ("| (exec <&-; sleep 5)", 141), ("> /dev/full", 2)]
)
@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_a_table_that_cannot_be_shown_fails_nothing_else(tmp_path, into, code):
    """Under an encoding without the sign of plus or minus, which the table has."""
    words = [*SMALL, "isotropic", "--mask-ratios", "0.5", "--output", str(tmp_path / "out")]
    command = f'"$0" -m simulations.sweep "$@" {into}; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, *words],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert (tmp_path / "out" / "summary.csv").exists()
    if not into:
        assert r"\xb1" in done.stdout


@pytest.mark.nojit_slow
def test_one_slow_trial_says_what_it_is(run, monkeypatch):
    """Before any trial is done, the bar names the first."""
    monkeypatch.setattr(progress, "EVERY", 0.2)
    seen = []

    def slow(*_):
        time.sleep(1.5)
        seen.append(True)
        return iter(())

    monkeypatch.setattr(sweep, "run", slow)
    _, _, told = run("isotropic", "--mask-ratios", "0.5", "--masks-per-sample", "inf")
    assert seen
    assert "0/8" in told
    assert "isotropic at 0.5, d = 40, n = 160, inf masks a sample" in told


@pytest.mark.nojit_slow
@pytest.mark.parametrize(("target", "knows"), [("linear", True), ("masked_feature", False)])
def test_the_summary_says_whether_theory_knows_the_patches(run, target, knows):
    words = ["--mask-ratios", "0.5", "--aspect-ratios", "2", "--patch", "2", "--target", target]
    code, out, _ = run("digits", *words)
    assert code == 0
    assert ("Theory takes features as masked one by one" in out) != knows
