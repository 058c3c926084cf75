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

from simulations.__main__ import main
from simulations.sweep import run as sweep

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
        (["isotropic", "--config"], "--config"),
        (["isotropic", "--rng", "-1"], "rng"),
        (["isotropic", "--dry-run", "--rng", "-1"], "rng"),
        (["isotropic", "--masks-per-sample", "2"], "not derived"),
        (["isotropic", "--masks-per-sample", "1e30"], "masks_per_sample"),
        (["isotropic", "--mask-ratios", "0.5", "--masks-per-sample", "1e12"], "more memory"),
        (["{folder}/bool.npy"], "real numbers"),
        (["isotropic", "--config", "{folder}/edited.json"], "mask_ratios must be a list"),
    ],
)
def test_errors_are_one_line(run, tmp_path, arguments, words):
    np.save(tmp_path / "bool.npy", np.eye(4, dtype=bool))
    (tmp_path / "edited.json").write_text('{"settings": {"mask_ratios": [0.5], "output": "x"}}')
    code, out, err = run(*(word.format(folder=tmp_path) for word in arguments))
    assert not (tmp_path / "out" / "provenance.json").exists() or words == "more memory"
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.nojit_slow
def test_tables_show_what_tells_cells_apart(run, tmp_path, capsys):
    arguments = ["isotropic", "--mask-ratios", "0.5", "--aspect-ratios", "2", "--target", "linear"]
    varied = ["--snr", "1", "4", "--ridge", "0", "0.5", "--test-mask-ratio", "0", "0.3"]
    rows = ["--design", "gaussian", "rademacher", "--patch", "2"]
    code, out, _ = run(*arguments, *varied, *rows)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split()[3:8] == ["d/n", "rows", "snr", "ridge", "test"]
    told = [tuple(line.split()[:7]) for line in lines[2:18]]
    assert len(set(told)) == 16
    assert "masked one by one" in out
    assert main(["compare", "--output", str(tmp_path / "out")]) == 0
    assert len({tuple(x.split()[:7]) for x in capsys.readouterr().out.splitlines()[2:18]}) == 16


def test_a_scheduler_must_have_an_address(run, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "foo")
    code, _, err = run("isotropic", "--backend", "dask")
    assert code == 2
    assert "DASK_SCHEDULER_ADDRESS must be like" in err.splitlines()[-1]


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
