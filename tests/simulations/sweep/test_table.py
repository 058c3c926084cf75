"""Tables show what tells cells apart."""

import pytest

from simulations.__main__ import main


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
