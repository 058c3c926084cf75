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

import pytest

from simulations import sweep
from simulations.__main__ import main

SMALL = ["--dimension", "40", "--trials", "4", "--jobs", "1", "--spectrum"]
COLUMNS = "spectrum,mask_ratio,aspect_ratio,theory,monte_carlo,standard_error,z,trials"


@pytest.fixture
def run(tmp_path, capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = sweep.main([*SMALL, *arguments, "--output", str(tmp_path / "out")])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


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
    ],
)
def test_errors_are_one_line(run, arguments, words):
    code, out, err = run(*arguments)
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


def test_commands(capsys):
    assert main([]) == 2
    assert main(["nothing"]) == 2
    assert main(["--help"]) == 0
    assert "sweep" in capsys.readouterr().out


@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
def test_interrupted_sweep_keeps_what_is_finished(tmp_path):
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
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert "interrupted: " in log.read_text()
    assert "Traceback" not in log.read_text()
    rows = (tmp_path / "summary.csv").read_text().splitlines()
    assert 1 < len(rows) < 1 + 2 * 60
