"""The figure is drawn again from what is finished."""

from simulations.__main__ import main
from simulations.sweep import plot


def test_only_finished_cells_are_drawn(undisturbed, tmp_path, capsys, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "simulations.sweep.figure.plot_sweep",
        lambda cells, rows, path: drawn.append((len(cells), len(rows), path)),
    )
    whole = (undisturbed / "batches.csv").read_text().splitlines(keepends=True)
    (tmp_path / "provenance.json").write_bytes((undisturbed / "provenance.json").read_bytes())
    first = whole[1].split(",")[0]
    part = [line for line in whole[1:] if line.startswith(first)]
    assert 0 < len(part) < len(whole) - 1
    (tmp_path / "batches.csv").write_text("".join([whole[0], *part]))
    assert plot.main(["--output", str(tmp_path)]) == 0
    ((cells, rows, path),) = drawn
    assert cells == rows < 8
    assert path == tmp_path / "sweep.png"
    assert f"with {cells} of 8 cells" in capsys.readouterr().out


def test_nothing_finished_is_nothing_to_draw(undisturbed, tmp_path, capsys):
    (tmp_path / "provenance.json").write_bytes((undisturbed / "provenance.json").read_bytes())
    header = (undisturbed / "batches.csv").read_text().splitlines(keepends=True)[0]
    (tmp_path / "batches.csv").write_text(header)
    assert main(["plot", "--output", str(tmp_path)]) == 2
    assert "no finished batch yet" in capsys.readouterr().err
    assert not (tmp_path / "sweep.png").exists()
