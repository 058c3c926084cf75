"""Small sweeps."""

from simulations.sweep import run as sweep

SWEEP = ["--spectrum", "power_law", "--mask-ratios", "0.3", "0.5", "--dimension", "50"]
SWEEP += ["--target", "linear", "--snr", "1", "4", "--trials", "40"]
SMALL = ["--dimension", "40", "--trials", "4", "--jobs", "1", "--spectrum"]


def finished(folder, *arguments):
    assert sweep.main([*SWEEP, "--jobs", "1", "--output", str(folder), *arguments]) == 0
    return (folder / "summary.csv").read_bytes()
