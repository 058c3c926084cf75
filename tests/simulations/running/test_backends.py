"""The same call on a Dask cluster, and workers that end when they should."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

import ridgeless as rl
from simulations.running.backends import task
from simulations.sweep import run as sweep

ROOT = Path(rl.__file__).parents[1]

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="pip install 'ridgeless[dask]'"
)

#: Two tasks that write down who they are and never end.
ENDLESS = """
import sys
from pathlib import Path
from joblib import Parallel
from simulations.running.backends import backend, task

code = "import os, time; open(f'{folder}/{os.getpid()}', 'w').close(); time.sleep(600)"
with backend("loky", 2):
    Parallel()(task(exec)(code, {"folder": sys.argv[1]}) for _ in range(2))
"""


@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_workers_end_with_their_parent(tmp_path):
    """Killed in the middle of a task, it cannot tell them."""
    import psutil

    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)], cwd=ROOT)
    workers: list[psutil.Process] = []
    try:
        limit = time.monotonic() + 60
        while len(workers) < 2 and time.monotonic() < limit:
            time.sleep(0.1)
            workers = [psutil.Process(int(path.name)) for path in tmp_path.iterdir()]
        assert len(workers) == 2
        process.kill()
        process.wait()
        assert psutil.wait_procs(workers, timeout=10)[1] == []
    finally:
        process.kill()
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.kill()


def test_a_task_is_the_function_where_it_is_asked():
    """This process does not watch its own parent, which may end long before it."""
    function, arguments, named = task(divmod)(7, 3)
    assert function(*arguments, **named) == (2, 1)
    assert not any(thread.name == "watch" for thread in threading.enumerate())


@needs_dask
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


@needs_dask
def test_a_scheduler_must_have_an_address(run, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "foo")
    code, _, err = run("isotropic", "--backend", "dask")
    assert code == 2
    assert "DASK_SCHEDULER_ADDRESS must be like" in err.splitlines()[-1]
