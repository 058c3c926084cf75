"""Training: stopped and gone on with, on its own and in company, and broken."""

import itertools
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ridgeless as rl
from ridgeless import DomainError
from tests.tolerances import FLOAT32
from tests.validation import tiny
from validation import pretrain as training
from validation.masking import Masker, RatioSampler
from validation.models import Linear, make_model
from validation.pretrain import Recipe, choose_device, load_checkpoint

ROOT = Path(rl.__file__).parents[1]
SHORT = Recipe(steps=12, batch=32)  # three epochs


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


class Stopped(Exception):
    """What the machine does to us."""


def stop_after(steps, monkeypatch):
    """Let training die in the step after `steps`, wherever its last checkpoint is."""
    taken = training._Order.take
    count = iter(range(steps + 1))

    def take(self, number):
        if next(count) == steps:
            raise Stopped
        return taken(self, number)

    monkeypatch.setattr(training._Order, "take", take)


def test_training_learns():
    data = tiny.values()
    _, short = tiny.trained(data, Recipe(steps=2))
    _, long = tiny.trained(data, Recipe(steps=150))
    assert long.loss < 0.6 * short.loss < 0.7


@pytest.mark.parametrize("ratio", [0.5, rl.UniformRatio(), rl.ScheduledRatio(0.9, 0.1)], ids=str)
@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
def test_training_goes_on_exactly_where_it_was(data, ratio, tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    settings = {"model": "transformer", "ratio": ratio, "per": "sample"}
    whole, cost = tiny.trained(data, SHORT, **settings)
    with monkeypatch.context() as patch:
        stop_after(7, patch)
        with pytest.raises(Stopped):
            tiny.trained(data, SHORT, checkpoint=path, every=5, **settings)
    assert load_checkpoint(path)["step"] == 5
    resumed, again = tiny.trained(data, SHORT, checkpoint=path, every=5, **settings)
    assert tiny.same_weights(whole, resumed)
    assert (again.tokens, again.loss) == (cost.tokens, cost.loss)
    # Killed after its last step, it has nothing to do, and says the same.
    once_more, known = tiny.trained(data, SHORT, checkpoint=path, every=5, **settings)
    assert tiny.same_weights(whole, once_more)
    assert known == again


@pytest.mark.parametrize("part", ["optimizer", "masker", "order", "left"])
def test_every_part_of_the_state_counts(part, tmp_path, monkeypatch):
    """With one part as it was at an earlier step, training ends elsewhere."""
    data, states = tiny.values(), {}
    whole, _ = tiny.trained(data, SHORT, per="sample")
    for steps in (2, 7):
        path = tmp_path / f"{steps}.pt"
        with monkeypatch.context() as patch:
            stop_after(steps, patch)
            with pytest.raises(Stopped):
                tiny.trained(data, SHORT, checkpoint=path, every=1, per="sample")
        states[steps] = load_checkpoint(path)
    torch.save(states[7] | {part: states[2][part]}, path)
    other, _ = tiny.trained(data, SHORT, checkpoint=path, per="sample")
    assert not tiny.same_weights(whole, other)


def test_broken_checkpoints(tmp_path):
    data, path = tiny.values(), tmp_path / "model.pt"
    model, _ = tiny.trained(data, SHORT, checkpoint=path)
    good = path.read_bytes()
    weights = next(iter(model.parameters())).detach().numpy().tobytes()
    inside = good.index(weights) + 2
    flipped = good[:inside] + bytes([good[inside] ^ 64]) + good[inside + 1 :]
    for broken in (b"", b"PK", b"nonsense", good[:200], good[: len(good) // 2], good[:-1], flipped):
        path.write_bytes(broken)
        for use in (load_checkpoint, lambda p: tiny.trained(data, SHORT, checkpoint=p)):
            with pytest.raises(DomainError, match="must be a whole file that this package wrote"):
                use(path)
        assert path.read_bytes() == broken  # nothing is thrown away
    for foreign in ({"weights": 1}, {"model": 1}, [1], {"model": model.state_dict()}):
        torch.save(foreign, path)
        with pytest.raises(DomainError, match="must be a whole file that this package wrote"):
            load_checkpoint(path)
    with pytest.raises(DomainError, match=r"must be a file, got .*nowhere"):
        load_checkpoint(tmp_path / "nowhere.pt")


def test_checkpoints_of_something_else(tmp_path):
    data, path = tiny.values(), tmp_path / "model.pt"
    tiny.trained(data, SHORT, checkpoint=path)
    with pytest.raises(DomainError, match="must be of a CNN of the same data and size"):
        tiny.trained(data, SHORT, "cnn", checkpoint=path)
    with pytest.raises(DomainError, match="must be of a MLP of the same data and size"):
        load_checkpoint(path, make_model("mlp", data, 32, 1, 0))
    with pytest.raises(DomainError, match="has another recipe"):
        tiny.trained(data, Recipe(steps=20), checkpoint=path)
    with pytest.raises(DomainError, match="has another seed"):
        tiny.trained(data, SHORT, checkpoint=path, about={"seed": 1})


def moments(name, value):
    """Return how the optimiser's state of the first weights changes."""

    def changed(state):
        first = state["state"][0] | {name: value}
        return state | {"state": state["state"] | {0: first}}

    return changed


def settings(name, value):
    def changed(state):
        return state | {"param_groups": [group | {name: value} for group in state["param_groups"]]}

    return changed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("step", value) for value in ("3", 2.5, 0, -1, 13)),
        *(("tokens", value) for value in ("many", -1, 1.5)),
        *(("seconds", value) for value in ("long", math.nan, -1.0)),
        *(("losses", value) for value in ("abc", "abcde", [1.0], [1.0, 2.0, "a", 3.0, 4.0])),
        ("losses", [1.0, 2.0, math.nan, 3.0, 4.0]),
        *(("left", value) for value in (1, torch.zeros(3), torch.zeros(2, 2, dtype=torch.int64))),
        *(("left", torch.tensor([value])) for value in (-1, 128)),
        *(("order", value) for value in (None, {"bit_generator": "MT19937"})),
        *(("masker", value) for value in ({}, {"generator": 3})),
        ("optimizer", 3),
        ("optimizer", lambda state: state | {"state": {}}),
        ("optimizer", moments("exp_avg", torch.zeros(3))),
        ("optimizer", moments("exp_avg_sq", None)),
        ("optimizer", moments("step", "a")),
        ("optimizer", moments("step", torch.tensor(99.0))),
        ("optimizer", settings("betas", "ab")),
        ("optimizer", settings("weight_decay", 9.0)),
    ],
)
def test_checkpoints_with_damaged_content(name, value, tmp_path, monkeypatch):
    """Whole files, as the check sums go, that no training wrote."""
    data, path = tiny.values(), tmp_path / "model.pt"
    with monkeypatch.context() as patch:
        stop_after(5, patch)
        with pytest.raises(Stopped):
            tiny.trained(data, SHORT, checkpoint=path, every=5)
    state = load_checkpoint(path)
    torch.save(state | {name: value(state[name]) if callable(value) else value}, path)
    before = path.read_bytes()
    with pytest.raises(DomainError, match=f"model.pt must be as training wrote it, but '{name}'"):
        tiny.trained(data, SHORT, checkpoint=path)
    assert path.read_bytes() == before


def test_a_loss_that_is_not_finite_stops(tmp_path):
    data, path = tiny.values(), tmp_path / "model.pt"
    with pytest.raises(DomainError, match=r"the loss must stay finite, but is (inf|nan) at step"):
        tiny.trained(data, Recipe(steps=40, learning_rate=1e30), checkpoint=path, every=1000)
    assert not path.exists()


def test_the_learning_rate_rises_and_falls():
    recipe = Recipe(steps=200, learning_rate=0.01, warm_up=0.1)
    rates = [recipe.rate(step) for step in range(200)]
    np.testing.assert_allclose(rates[:20], 0.01 * np.arange(1, 21) / 20)
    assert rates[20] == 0.01
    assert all(a > b for a, b in itertools.pairwise(rates[20:]))
    assert math.isclose(rates[110], 0.005, rel_tol=1e-12)  # half-way down
    assert rates[-1] < 1e-5
    assert Recipe(steps=1).rate(0) == Recipe().learning_rate
    assert Recipe(steps=10, warm_up=0).rate(0) == Recipe().learning_rate


@pytest.mark.parametrize("warm_up", [0.0, 0.1, 0.25, 1 / 3, 1.0])
def test_no_step_exceeds_the_peak(warm_up):
    """Also where the warm-up is not a whole number of steps, be it by rounding as in 0.1 * 30."""
    for steps in range(1, 61):
        recipe = Recipe(steps=steps, warm_up=warm_up)
        rates = np.array([recipe.rate(step) for step in range(steps)])
        assert rates.max() == recipe.learning_rate
        top = int(rates.argmax())
        assert (np.diff(rates[: top + 1]) > 0).all()
        assert (np.diff(rates[top:]) <= 0).all()


def test_the_optimiser_follows_the_learning_rate(monkeypatch):
    seen = []
    real = torch.optim.AdamW.step

    def step(self, *arguments):
        seen.append([group["lr"] for group in self.param_groups])
        return real(self, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    tiny.trained(tiny.values(), SHORT)
    assert seen == [[SHORT.rate(t)] for t in range(12)]


def test_masks_and_weights_follow_the_recipe(monkeypatch):
    """A schedule of ratios advances with the steps, and the optimiser decays weights."""
    seen, made = [], []
    draw, adam = Masker.drawn, torch.optim.AdamW.__init__

    def drawn(self, samples, progress=0.0):
        seen.append(progress)
        return draw(self, samples, progress)

    def init(self, *given, **options):
        made.append(options["weight_decay"])
        adam(self, *given, **options)

    monkeypatch.setattr(Masker, "drawn", drawn)
    monkeypatch.setattr(torch.optim.AdamW, "__init__", init)
    tiny.trained(tiny.values(), SHORT)
    np.testing.assert_allclose(seen, np.arange(12) / 12)
    assert made == [SHORT.weight_decay]
    assert SHORT.weight_decay > 0


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
def test_gradients_are_clipped(data, monkeypatch):
    """The optimiser sees the gradient at most as long as the recipe says."""
    lengths = []
    real = torch.optim.AdamW.step

    def step(self, *arguments):
        gradients = [p.grad.flatten() for group in self.param_groups for p in group["params"]]
        lengths.append(float(torch.cat(gradients).norm()))
        return real(self, *arguments)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    tiny.trained(data, Recipe(steps=2, batch=8, clip=1e9))
    least = min(lengths)
    lengths.clear()
    tiny.trained(data, Recipe(steps=2, batch=8, clip=least / 10))
    np.testing.assert_allclose(lengths, least / 10, rtol=FLOAT32["rtol"])


class Zero(Linear):
    """A model that knows nothing, and learns nothing."""

    def forward(self, inputs, hidden):
        return super().forward(inputs, hidden) * 0


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
def test_loss_is_the_mean_over_hidden_tokens(data, monkeypatch):
    """Over tokens, not over samples, which hide different numbers; and over values that count.

    Samples count by the weights of their ratios.
    """
    picked, masks = [], []
    take, draw = training._Order.take, Masker.drawn

    def taken(self, number):
        picked.append(take(self, number))
        return picked[-1]

    def drawn(self, samples, progress=0.0):
        masks.append(draw(self, samples, progress))
        return masks[-1]

    monkeypatch.setattr(training._Order, "take", taken)
    monkeypatch.setattr(Masker, "drawn", drawn)
    if not data.symbols:
        used = data.counted.copy()
        used[3:5, 1] = False
        data = replace(data, used=used)
    ratios = [0.2, 0.4, 0.6, 0.8]
    law = rl.DiscreteRatio(ratios, loss_weights=[1, 4, 1, 1])
    sampler = RatioSampler(law, "sample", rng=1)
    cost = training.pretrain(
        Zero(data),
        data,
        np.arange(len(data.train)),
        Masker(sampler, data.grid),
        Recipe(steps=1, batch=16),
        rng=np.random.default_rng(2),
        device=tiny.CPU,
    )
    ((hidden, _, weights),) = masks
    assert set(weights) == {1.0, 4.0}
    assert len(set(hidden.sum(axis=1))) > 3
    if data.symbols:
        mean = (hidden.sum(axis=1) * weights).sum() / hidden.sum()
        assert math.isclose(cost.loss, mean * math.log(data.symbols), rel_tol=FLOAT32["rtol"])
        return
    errors = (np.square(data.train[picked[0]]) * data.counted).sum(axis=2) * weights[:, None]
    expected = errors[hidden].mean() / data.counted.sum(axis=1).mean()
    assert math.isclose(cost.loss, expected, rel_tol=FLOAT32["rtol"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"batch": 1.5}, "batch"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"learning_rate": math.inf}, "learning_rate"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"warm_up": 1.5}, "warm_up"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"clip": 0.0}, "clip"),
    ],
)
def test_recipes_out_of_range(changes, words):
    with pytest.raises(DomainError, match=words):
        Recipe(**changes)


def test_tokens_that_the_encoder_sees():
    data = tiny.values()
    _, cost = tiny.trained(data, SHORT, ratio=0.25)
    assert cost.tokens == 12 * 32 * 9
    _, cost = tiny.trained(tiny.symbols(), SHORT, ratio=0.25)
    assert cost.tokens == 12 * 32 * 10


def test_errors_count_what_counts():
    inputs = torch.zeros(1, 2, 2)
    predicted = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    counted = torch.tensor([[True, False], [True, True]])
    assert training.errors(predicted, inputs, counted).tolist() == [[1.0, 25.0]]
    logits, letters = torch.zeros(1, 2, 4), torch.tensor([[0, 3]])
    found = training.errors(logits, letters, torch.tensor(True))
    np.testing.assert_allclose(found.numpy(), math.log(4), rtol=1e-6)


# --- devices ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpu", "", "cuda:x", "cuda:-1", "mps", "meta", "cpu:cpu"])
def test_no_such_device(name):
    with pytest.raises(
        DomainError, match=f"device must be auto, cpu, cuda or cuda:N, got '{name}'"
    ):
        choose_device(name)


def test_devices(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")
    for name in ("cuda", "cuda:0"):
        with pytest.raises(DomainError, match=f"device '{name}' must exist, but torch sees 0 CUDA"):
            choose_device(name)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(DomainError, match="torch sees 2 CUDA devices"):
        choose_device("cuda:2")
    monkeypatch.setenv("LOCAL_RANK", "1")  # torchrun's second process on this machine
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda:1")
    assert choose_device("cuda:0") == torch.device("cuda:0")


def test_bfloat16_is_for_cuda_alone():
    product = torch.ones(2, 2)
    with training.autocast(torch.device("cpu")):
        assert (product @ product).dtype == torch.float32
        assert not torch.is_autocast_enabled("cpu")
    chosen = training.autocast(torch.device("cuda")) if torch.cuda.is_available() else None
    if chosen is not None:
        with chosen:
            assert (product.cuda() @ product.cuda()).dtype == torch.bfloat16


def test_compiled_models_train_alike(monkeypatch, tmp_path):
    """Traced by the compiler's front end; its back end is a compiler of C++ or for a GPU."""
    asked = []

    def compiled(model):
        asked.append(model)
        return real(model, backend="eager")

    real = torch.compile
    monkeypatch.setattr(torch, "compile", compiled)
    data, path = tiny.values(), tmp_path / "model.pt"
    plain, _ = tiny.trained(data, Recipe(steps=2, batch=8))
    assert not asked
    fast, _ = tiny.trained(data, Recipe(steps=2, batch=8, compile=True), checkpoint=path)
    assert asked == [fast]
    for a, b in zip(plain.parameters(), fast.parameters(), strict=True):
        torch.testing.assert_close(a, b, **FLOAT32)
    load_checkpoint(path, make_model("mlp", data, 16, 1, 0))  # names are those of the plain model


# --- several processes --------------------------------------------------------------------------

TOGETHER = """
import os, sys
import torch
from tests.validation import tiny
from validation.pretrain import Recipe, processes

torch.set_num_threads(1)
with processes(tiny.CPU) as (rank, world):
    assert world == 2
    for name in ("mlp", "transformer"):
        model, cost = tiny.trained(tiny.values(), Recipe(steps=6, batch=8), name, per="sample")
        torch.save([model.state_dict(), cost.tokens, cost.loss], f"{sys.argv[1]}/{name}-{rank}.pt")
"""


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun needs libuv there")
def test_two_processes_train_one_model(tmp_path):
    script = tmp_path / "together.py"
    script.write_text(TOGETHER)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*torchrun, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    data = tiny.values()
    seen = tiny.batch(data), torch.arange(data.length).expand(6, -1) % 3 == 0
    for name in ("mlp", "transformer"):
        alone, cost = tiny.trained(data, Recipe(steps=6, batch=8), name, per="sample")
        for rank in (0, 1):
            weights, tokens, loss = torch.load(tmp_path / f"{name}-{rank}.pt")
            # Not the weights: the bias of attention's keys has no effect, and AdamW blows up the
            # rounding in its gradient.
            together = make_model(name, data, 16, 1, 0)
            together.load_state_dict(weights)
            torch.testing.assert_close(*(model(*seen) for model in (together, alone)), **FLOAT32)
            assert tokens == cost.tokens
            assert math.isclose(loss, cost.loss, rel_tol=FLOAT32["rtol"])


def test_a_batch_is_shared_out_evenly(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    with pytest.raises(DomainError, match="batch must be a multiple of 3 processes, got 32"):
        tiny.trained(tiny.values(), SHORT)


def test_samples_come_once_per_epoch():
    order = training._Order(10, np.random.default_rng(0))
    taken = np.concatenate([order.take(4) for _ in range(5)])
    assert sorted(taken[:10]) == sorted(taken[10:]) == list(range(10))
    assert list(taken[:10]) != list(taken[10:])
    assert sorted(training._Order(3, np.random.default_rng(0)).take(9)) == [
        0,
        0,
        0,
        1,
        1,
        1,
        2,
        2,
        2,
    ]
