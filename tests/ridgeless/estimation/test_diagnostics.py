"""What is said of samples that break the assumptions."""

import numpy as np

import ridgeless as rl
from tests.ridgeless.samples import TWO, draw


def test_diagnostics_name_what_is_broken() -> None:
    rng = np.random.default_rng(4)
    gaussian = rng.normal(size=(400, 80))
    assert rl.recommend(draw(TWO, 400, 4), rng=0, replicates=1).diagnostics == ()
    factor = gaussian + 2 * rng.normal(size=(400, 1))
    assert "One factor carries 7" in " ".join(rl.recommend(factor, rng=0, replicates=1).diagnostics)
    uneven = gaussian * rng.standard_t(3, size=(400, 1))
    assert "Samples differ" in " ".join(rl.recommend(uneven, rng=0, replicates=1).diagnostics)
    blank = gaussian * (rng.random(80) < 0.5) * (rng.random((400, 80)) < 0.05)
    blank[:, :40] = gaussian[:, :40]
    blank[:, 40:] *= rng.random((400, 40)) < 0.9
    blank[0] = 1.0
    said = " ".join(rl.recommend(blank, rng=0, replicates=1).diagnostics)
    assert "have one value in at least 90%" in said
    few = rl.recommend(rng.normal(size=(12, 80)), rng=0, replicates=1)
    assert "12 rows are few for 80 features" in " ".join(few.diagnostics)
