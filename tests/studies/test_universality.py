"""The study of universality, small."""

import pytest
import universality

from simulations.running.pages import markers


@pytest.mark.nojit_slow
def test_the_study_runs_small(tmp_path, monkeypatch):
    monkeypatch.setattr(universality, "TRIALS", {20: 8, 40: 8})
    monkeypatch.setattr(universality, "REAL_TRIALS", 2)
    (tmp_path / "figures").mkdir()
    (tmp_path / "studies").mkdir()
    page = tmp_path / "studies" / "universality.md"
    page.write_text("before\n{}\nold\n{}\nafter\n".format(*markers()))
    universality.main(["--datasets", "digits", "--jobs", "1", "--docs", str(tmp_path)])
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| student:3 | 0.25 |" in text
    assert "| digits | 48 | feature | 0.1 |" in text
    assert (tmp_path / "figures/universality.png").stat().st_size > 20_000
