"""Pages that scripts rewrite in part, and their tables."""

from pathlib import Path

import pytest

import ridgeless as rl
from simulations.running import pages

DOCS = Path(rl.__file__).parents[1] / "docs"
#: The pages with one part; those of docs/studies/r2mae.md are checked beside its script.
WRITTEN = (
    "performance.md",
    "numerics.md",
    "studies/optimal_ratio.md",
    "studies/recommend.md",
    "studies/universality.md",
)


@pytest.mark.parametrize("name", ["measured", "test ratios"])
def test_only_what_stands_between_the_markers_is_replaced(name, tmp_path):
    begin, end = pages.markers(name)
    path = tmp_path / "page.md"
    path.write_text(f"before\n{begin}\nold\n{end}\nafter β\n", encoding="utf-8")
    pages.rewrite(path, pages.table(["x", "y"], [[1, "β"]]), name)
    text = path.read_text(encoding="utf-8")
    table = "| x | y |\n| --- | --- |\n| 1 | β |"
    assert text == f"before\n{begin}\n\n{table}\n\n{end}\nafter β\n"
    assert pages.inserted(text, table, name) == text


def test_a_page_without_its_markers_stays_as_it_is(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("no place for it\n")
    with pytest.raises(ValueError, match="unpack"):
        pages.rewrite(path, "text")
    assert path.read_text() == "no place for it\n"


@pytest.mark.parametrize("page", WRITTEN)
def test_every_page_has_its_markers_once(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [text.count(marker) for marker in pages.markers()] == [1, 1]
