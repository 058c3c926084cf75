"""Figures of a report: one of each kind for each data set, with words for it."""

import pytest

from tests.validation.runs import results
from validation.named_ratio import named_ratio
from validation.report import document, figures

BRIDGE = {
    "ratio": "0.5", "aspect_ratio": 0.25, "scheme": "one mask", "dimension": 64, "theory": 0.5,
    "trained": 0.51, "standard_error": 0.01, "finite_size": 0.005, "tolerance": 0.03,
    "agrees": True, "wrong_formula": 0.8, "wrong_agrees": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def report():
    return document.build(results(seeds=2), [BRIDGE], {}, {})


@pytest.mark.parametrize(("parts", "bridge"), [(True, True), (False, False)])
def test_one_of_each_kind_that_there_is(report, parts, bridge, tmp_path):
    shown = report | ({} if parts else {"components": []}) | ({} if bridge else {"bridge": []})
    captions = figures.draw(shown, tmp_path)
    kinds = ["risk", "test-ratios", *(["components"] if parts else [])]
    names = {f"{kind}-digits.png" for kind in kinds} | ({"bridge.png"} if bridge else set())
    assert set(captions) == names == {path.name for path in tmp_path.iterdir()}
    for name, caption in captions.items():
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
        assert caption.startswith("digits: ") == (name != "bridge.png")


def test_the_same_report_gives_the_same_bytes(report, tmp_path):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        figures.draw(report, tmp_path / folder)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_kinds_of_ratios():
    shapes = {named_ratio(name).shape for name in ("uniform:0.1:0.9", "linear:0:1", "cosine:0:1")}
    assert shapes == figures.LAWS.keys() == figures.DASHES.keys()
