"""A copy of the folders that a study writes to."""

import pytest

from simulations.running.pages import markers


@pytest.fixture
def docs(tmp_path):
    for name in ("figures", "results", "studies"):
        (tmp_path / name).mkdir()
    for name in ("optimal_ratio", "recommend"):
        page = "before\n{}\nold\n{}\nafter\n".format(*markers())
        (tmp_path / "studies" / f"{name}.md").write_text(page)
    parts = ["{}\nold\n{}".format(*markers(x)) for x in ("best", "cost", "power", "agreement")]
    page = "\n".join(["before", *parts, "after\n"])
    (tmp_path / "studies" / "conventions.md").write_text(page)
    return tmp_path
