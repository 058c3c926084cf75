"""What a sweep has done, told from its folder."""

from simulations.__main__ import main


def test_status_compare_and_plot(undisturbed, tmp_path, capsys):
    """On a finished store, and on one that is half done."""
    whole = (undisturbed / "batches.csv").read_bytes()
    for name in ("provenance.json", "batches.csv"):
        (tmp_path / name).write_bytes((undisturbed / name).read_bytes())
    for share, words in ((1.0, "8 of 8 cells"), (0.6, " of 8 cells")):
        (tmp_path / "batches.csv").write_bytes(whole[: int(share * len(whole))])
        assert main(["status", "--output", str(tmp_path)]) == 0
        assert words in capsys.readouterr().out
        assert main(["compare", "--output", str(tmp_path)]) == 0
        assert " undecided" in capsys.readouterr().out
        assert main(["plot", "--output", str(tmp_path)]) == 0
        assert (tmp_path / "sweep.png").stat().st_size > 10_000
    for command in ("status", "compare", "plot"):
        assert main([command, "--output", str(tmp_path / "nothing")]) == 2
        assert "must hold a sweep" in capsys.readouterr().err
