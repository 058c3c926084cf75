"""The study of probes after pretraining, small."""

import json

import numpy as np
import pytest
import transfer

from ridgeless.transfer.labels import read_labels
from simulations.running.pages import markers


def test_the_page_is_rewritten(tmp_path):
    for name in ("results", "studies", "figures"):
        (tmp_path / name).mkdir()
    page = tmp_path / "studies" / "transfer.md"
    names = ("answers", "missed", "networks", "published")
    page.write_text("before\n" + "".join("{}\nstale\n{}\n".format(*markers(x)) for x in names))
    transfer.main(["--quick", "--docs", str(tmp_path)])
    text = page.read_text(encoding="utf-8")
    assert "stale" not in text
    assert "| digits | 10 | 40 |" in text
    assert "| ImageNet-1k linear probe top-1 | 0.75 | 73.5 | -18.9 at 0.1 | -7.4 at 0.9 |" in text
    (found,) = json.loads((tmp_path / "results" / "transfer.json").read_text(encoding="utf-8"))
    # Eight by eight pixels want hardly any mask, and fine-tuning does not care.
    assert found["probe"] <= 0.3
    assert max(found["tuned"]) < 1.02 * min(found["tuned"])
    assert (tmp_path / "figures" / "transfer.png").stat().st_size > 0


@pytest.mark.parametrize("tau", [0.0, 1.0, 2.0])
def test_alignment_is_found(tau):
    rng = np.random.default_rng(0)
    s = np.arange(1, 41) ** -1.0
    X = rng.standard_normal((4000, 40)) * np.sqrt(s)
    # Many tasks: at tau = 2 the first component has most of the signal of each.
    beta = s[:, None] ** (tau / 2) * rng.standard_normal((40, 150))
    y = X @ beta / np.sqrt((s ** (1 + tau)).sum())
    found, snr = transfer.alignment(X, read_labels(y + 0.5 * rng.standard_normal(y.shape), 4000))
    assert found == pytest.approx(tau, abs=0.3)
    assert snr == pytest.approx(4.0, rel=0.3)


def test_fine_tuning_without_room_forgets_the_start():
    """More rows than features: min-norm regression of what is left is least squares."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 10))
    labels = read_labels(X[:, 0] + 0.1 * rng.standard_normal(200), 200)
    first = transfer.fine_tuned(X, X, labels, 100, 0.1)
    other = transfer.fine_tuned(X * np.arange(10), X, labels, 100, 3.0)
    assert np.allclose(first, other)
    few = transfer.fine_tuned(X * np.arange(10), X, labels, 5, 3.0)
    assert not np.allclose(few, transfer.fine_tuned(X, X, labels, 5, 0.1))
