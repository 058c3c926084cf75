"""The same call on a Dask cluster."""

import os
import signal
import sys
import time
import warnings
from threading import Thread

import pytest

from simulations.sweep import run as sweep

pytest.importorskip("distributed", reason="pip install 'ridgeless[dask]'")


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.filterwarnings("default")
def test_a_worker_dies_and_nothing_is_lost(tmp_path, monkeypatch):
    """Two worker processes under a real scheduler; one is killed while trials run."""
    from distributed import Client, LocalCluster

    arguments = ["--spectrum", "power_law", "--mask-ratios", "0.3", "0.5", "--dimension", "150"]
    arguments += ["--target", "linear", "--trials", "60"]
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    assert sweep.main([*arguments, "--jobs", "1", "--output", str(alone)]) == 0
    killed = []
    with (
        warnings.catch_warnings(),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        warnings.simplefilter("ignore")
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)

        def kill():
            batches = spread / "batches.csv"
            limit = time.monotonic() + 60
            while time.monotonic() < limit:
                if batches.exists() and len(batches.read_text().splitlines()) > 4:
                    process = next(iter(client.run(os.getpid).values()))
                    os.kill(process, signal.SIGKILL)
                    killed.append(process)
                    return
                time.sleep(0.01)

        killer = Thread(target=kill)
        killer.start()
        code = sweep.main([*arguments, "--backend", "dask", "--output", str(spread)])
        killer.join()
        assert cluster.scheduler.transition_counter > 30  # the trials ran there, not elsewhere
    assert code == 0
    assert killed
    assert (spread / "summary.csv").read_bytes() == (alone / "summary.csv").read_bytes()


def test_a_scheduler_must_have_an_address(run, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "foo")
    code, _, err = run("isotropic", "--backend", "dask")
    assert code == 2
    assert "DASK_SCHEDULER_ADDRESS must be like" in err.splitlines()[-1]
