"""The commands of simulations."""

from simulations.__main__ import main


def test_commands(capsys):
    assert main([]) == 2
    assert main(["nothing"]) == 2
    assert main(["--help"]) == 0
    assert "sweep" in capsys.readouterr().out
