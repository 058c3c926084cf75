"""report.json holds all that the verdicts need; files are whole, and the same every time."""

import json

import pytest

from ridgeless import DomainError
from tests.validation.runs import LAWS, RATIOS, TESTS, results
from validation.report import document as report

BRIDGE = [
    {
        "ratio": "0.5",
        "aspect_ratio": 0.25,
        "scheme": scheme,
        "dimension": 64,
        "theory": 0.5,
        "trained": 0.51,
        "standard_error": 0.01,
        "finite_size": 0.005,
        "tolerance": 0.03,
        "agrees": True,
        "wrong_formula": 0.8,
        "wrong_agrees": False,
    }
    for scheme in ("one mask", "fresh masks")
]
SETTINGS = {"data": ["digits"]}
MADE = {"command": "python -m validation", "commit": "unknown"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    lines = results(seeds=3) + results(seeds=3, equal="compute", probe=0.25)
    for line in lines[len(lines) // 2 :]:
        line["id"] += "-compute"
    report.write(folder, lines, BRIDGE, SETTINGS, MADE)
    return folder


@pytest.fixture(scope="module")
def content(written):
    return json.loads((written / "report.json").read_text())


def test_runs_are_in_long_form(content):
    runs = content["runs"]
    assert len(runs) == 2 * len(RATIOS + LAWS) * 3 * len(TESTS)
    names = {"dataset", "model", "width", "n", "ratio", "seed", "test_ratio"}
    assert names | {"reconstruction", "probe", "seconds", "theory"} <= set(runs[0])
    keys = {tuple(r[k] for k in (*names, "equal")) for r in runs}
    assert len(keys) == len(runs)


def test_verdicts_follow_from_the_file(content):
    assert content["verdicts"]
    assert report.recomputed(content) == content["verdicts"]


def test_a_changed_run_changes_a_verdict(content):
    changed = [r | {"reconstruction": 2.0} if r["ratio"] == "0.5" else r for r in content["runs"]]
    assert report.recomputed(content | {"runs": changed}) != content["verdicts"]


def test_figures_have_six_digits(content):
    assert content["components"][0]["risk"] == 0.123457


def test_settings_bridge_and_provenance_are_kept(content):
    assert content["settings"] == SETTINGS
    assert content["bridge"] == BRIDGE
    assert content["provenance"] == MADE | {"training_seconds": 42.0}


def test_one_run_per_line(written, content):
    lines = (written / "report.json").read_text().splitlines()
    assert sum(line.startswith('{"dataset"') and '"seed"' in line for line in lines) == len(
        content["runs"]
    )


def test_theory_stands_beside_runs_and_under_its_own_name(content):
    theory = content["theory"]
    best = {(b["test_ratio"], b["target"]) for b in theory["best"]}
    assert best == {(test, target) for test in TESTS for target in ("all", "easy", "hard")}
    assert all(run["theory"] > 0 for run in content["runs"])
    assert len(theory["curves"][0]["risk"]) == len(theory["ratios"])


def test_text_and_figures(written):
    text = (written / "report.md").read_text()
    assert text.index("## Verdicts") < text.index("## Risk by mask ratio")
    assert "Equal steps and equal compute" in text
    assert "**2 of 2**" in text
    for name in ("risk-digits", "test-ratios-digits", "components-digits", "bridge"):
        assert (written / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"({name}.png)" in text


def test_order_of_results_does_not_matter():
    lines = results(seeds=2)
    assert report.build(lines[::-1], [], {}, {}) == report.build(lines, [], {}, {})


def test_a_run_written_twice_counts_once():
    lines = results(seeds=1)
    assert report.build(lines + lines, [], {}, {}) == report.build(lines, [], {}, {})


def test_part_of_an_experiment_says_so(tmp_path):
    report.write(tmp_path, results(seeds=3)[:-1], [], SETTINGS, MADE)
    assert "not finished" in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize("changes", [{"block": 2}, {"fill": "rescale"}])
def test_squares_of_tokens_and_rescaled_ones_have_no_theory(changes):
    built = report.build(results(seeds=1, **changes), [], {}, {})
    assert "theory" not in built["runs"][0]
    assert built["theory"]["best"] == []


def test_settings_of_a_folder_come_from_its_runs():
    found = report.settings_of(results(seeds=2))
    assert found["ratios"] == [*RATIOS, *LAWS]
    assert (found["data"], found["samples"], found["seeds"]) == (["digits"], [100], [0, 1])


def broken(change):
    lines = results(seeds=1)
    change(lines[1])
    return lines


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "got none"),
        (broken(lambda r: r.pop("probe")), "result 2 must have 'probe'"),
        (broken(lambda r: r["risks"].update({"0.5": float("nan")})), "positive and finite"),
        (broken(lambda r: r["risks"].update({"0.5": -1.0})), "positive and finite"),
        (broken(lambda r: r.update(risks={"0": "low"})), "result 2 must have another 'risks'"),
        (broken(lambda r: r.update(seed="a")), "result 2 must have another 'seed' than 'a"),
        (broken(lambda r: r.update(risks={"0.2": 0.5}, targets={})), "share their test ratios"),
        (results(seeds=1, dataset="nowhere"), "data must be one of"),
    ],
)
def test_bad_results(tmp_path, lines, words):
    with pytest.raises(DomainError, match=words):
        report.write(tmp_path, lines, [], {}, {})
    assert not list(tmp_path.iterdir())


def test_command_line(tmp_path, capsys):
    from validation.__main__ import main

    text = "".join(json.dumps(line) + "\n" for line in results(seeds=1))
    (tmp_path / "runs.jsonl").write_text(text)
    assert main(["report", str(tmp_path)]) == 0
    assert "7 runs" in capsys.readouterr().out
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["settings"]["data"] == ["digits"]
    assert "torch" in content["provenance"]["packages"]
    assert (tmp_path / "runs.jsonl").read_text() == text


def test_command_line_without_runs(tmp_path, capsys):
    from validation.__main__ import main

    assert main(["report", str(tmp_path)]) == 2
    assert "must hold runs.jsonl" in capsys.readouterr().err
