"""One to all but one: what real collators hide, whatever the batch."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import ridgeless as rl
from validation.adapters import RatioCollator
from validation.adapters.hiding import at_ratio, check_masks, digest, hiding
from validation.masking import RatioSampler

CLS, SEP = 3, 4


def sentence(length, first=5):
    """A sentence of so many letters between special tokens."""
    return {"input_ids": [CLS, *((first + k) % 12 + 5 for k in range(length)), SEP]}


def hidden(batch):
    return (torch.as_tensor(batch["labels"]) != -100).sum(dim=1)


class Genes:
    """A collator like that of scGPT, which shows what it hides by a value."""

    mlm_probability, mask_value, do_mlm = 0.15, -1, True

    def __call__(self, examples):
        values = torch.tensor(examples, dtype=torch.float32)
        hide = (torch.rand(values.shape) < self.mlm_probability) & (values > 0)
        return {"expr": values, "masked_expr": values.masked_fill(hide, self.mask_value)}


@pytest.mark.parametrize("at_least_one", ["batch", "sample"])
def test_five_tokens_never_have_a_nan_loss(language, bert, at_least_one):
    """1,000 draws of R2MAE; left to itself the collator hides nothing in one of six."""
    sampler = RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0)
    collator = RatioCollator(language, sampler, at_least_one)
    model, torch_state = bert(), torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(1000):
            batch = collator([sentence(5)])
            assert 1 <= int(hidden(batch)) <= 4
            assert torch.isfinite(model(**batch).loss)
    assert torch_state.initial_seed() == 0
    free = RatioCollator(language, sampler, at_least_one=False)
    none = np.mean([int(hidden(free([sentence(5)]))) == 0 for _ in range(500)])
    assert none > 0.1


@pytest.mark.parametrize("ratio", [1e-6, 0.1, 0.5, 0.9, 1 - 1e-6])
def test_each_sample_or_the_batch(language, ratio):
    torch.manual_seed(0)
    examples = [sentence(length) for length in (1, 2, 5, 30)]
    lengths = torch.tensor([1, 2, 5, 30])
    for _ in range(50):
        counts = hidden(hiding(language, examples, ratio, "sample"))
        assert (counts >= 1).all()
        assert (counts <= (lengths - 1).clamp(min=1)).all()
        assert 1 <= int(hidden(hiding(language, examples, ratio, "batch")).sum()) <= 37


def test_special_tokens_and_padding_never_count(language):
    torch.manual_seed(0)
    for _ in range(50):
        batch = hiding(language, [sentence(2), sentence(20)], 0.9, "sample")
        assert (batch["labels"][:, 0] == -100).all()
        assert (batch["labels"][0, 3:] == -100).all()
        assert int(hidden(batch)[0]) == 1
    with pytest.raises(rl.DomainError, match=r"batch of 2 all are special tokens or padding"):
        hiding(language, [sentence(0), sentence(0)], 0.5, "batch")
    assert int(hidden(hiding(language, [sentence(0), sentence(4)], 0.5, "sample"))[0]) == 0


def test_what_hides_enough_is_left_as_the_collator_made_it(language):
    examples = [sentence(30) for _ in range(4)]
    torch.manual_seed(3)
    free = hiding(language, examples, 0.5, False)
    torch.manual_seed(3)
    checked = hiding(language, examples, 0.5, "sample")
    assert all(torch.equal(free[name], checked[name]) for name in free)
    language.seed = 7
    language.create_rng()
    state = language.generator.get_state()
    before = torch.get_rng_state()
    hiding(language, examples, 0.5, "sample")
    assert torch.equal(torch.get_rng_state(), before)
    language.generator.set_state(state)
    again = hiding(language, examples, 0.5, False)
    language.generator.set_state(state)
    assert torch.equal(hiding(language, examples, 0.5, "sample")["labels"], again["labels"])


def test_whole_words_are_hidden_as_wholes(transformers, tokenizer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it sets mask_replace_prob to 1, and says so
        collator = transformers.DataCollatorForLanguageModeling(tokenizer, whole_word_mask=True)
    # Words of 1, 3 and 2 letters: a letter that starts where the last one ended goes on with it.
    starts = [0, 0, 2, 3, 4, 6, 7, 0]
    ends = [0, 1, 3, 4, 5, 7, 8, 0]
    example = sentence(6) | {
        "offset_mapping": list(zip(starts, ends, strict=True)),
        "special_tokens_mask": [1, 0, 0, 0, 0, 0, 0, 1],
    }
    torch.manual_seed(0)
    seen = set()
    for ratio in (0.01, 0.5, 0.99):
        for _ in range(40):
            mask = (hiding(collator, [example], ratio, "sample")["labels"] != -100)[0, 1:-1]
            words = [part.tolist() for part in mask.split([1, 3, 2])]
            assert all(len(set(word)) == 1 for word in words)
            assert 1 <= int(mask.sum()) <= 5
            seen.add(tuple(word[0] for word in words))
    assert len(seen) == 6
    alone = {name: [*values[:2], values[-1]] for name, values in example.items()}
    assert int(hidden(hiding(collator, [alone], 0.01, "sample"))) == 1


def test_arrays_and_genes(transformers, tokenizer):
    arrays = transformers.DataCollatorForLanguageModeling(tokenizer, return_tensors="np")
    batch = hiding(arrays, [sentence(5), sentence(3)], 1e-6, "sample")
    assert isinstance(batch["labels"], np.ndarray)
    assert all(1 <= count < length for count, length in zip(hidden(batch), (5, 3), strict=True))
    torch.manual_seed(0)
    for ratio in (1e-6, 1 - 1e-6):
        batch = hiding(Genes(), [[0, 2, 3, 0], [1, 2, 3, 4]], ratio, "sample")
        counts = (batch["masked_expr"] == -1).sum(dim=1)
        assert (counts[0], 1 <= counts[1] <= 3) == (1, True)
        assert (batch["masked_expr"][0, [0, 3]] == 0).all()


@pytest.mark.parametrize(
    ("name", "words"),
    [("mlm", "SimpleNamespace has mlm=False and would"), ("do_mlm", "set do_mlm=True")],
)
def test_collators_that_do_not_mask_are_refused_by_name(name, words):
    with pytest.raises(rl.DomainError, match=words):
        RatioCollator(SimpleNamespace(mlm_probability=0.15, **{name: False}), RatioSampler(0.5))
    with pytest.raises(rl.DomainError, match="mlm_probability, but list has none"):
        check_masks([])


def test_the_real_collator_that_does_not_mask(transformers, tokenizer, language):
    causal = transformers.DataCollatorForLanguageModeling(tokenizer, mlm=False)
    with pytest.raises(rl.DomainError, match="DataCollatorForLanguageModeling has mlm=False"):
        RatioCollator(causal, RatioSampler(0.5))
    collator = RatioCollator(language, RatioSampler(0.5, rng=0))
    language.mlm = False  # later
    with pytest.raises(rl.DomainError, match="mlm=False"):
        collator([sentence(5)])


def test_a_batch_that_does_not_show_what_it_hides():
    class Silent(Genes):
        def __call__(self, examples):
            return {"values": torch.ones(2, 3)}

    with pytest.raises(rl.DomainError, match=r"must be False for Silent: .* only values"):
        RatioCollator(Silent(), RatioSampler(0.5, rng=0))([1])
    free = RatioCollator(Silent(), RatioSampler(0.5, rng=0), at_least_one=False)
    assert free([1])["values"].shape == (2, 3)


def test_the_ratio_is_the_collators_own_again(language):
    with pytest.raises(ValueError, match="input_ids"):
        at_ratio(language, [{"labels": [1]}], 0.5)
    assert language.mlm_probability == 0.15


def test_a_digest_depends_on_the_content_alone():
    batch = {"a": torch.arange(6).reshape(2, 3), "b": np.ones(2)}
    assert digest(batch) == digest({"b": np.ones(2), "a": torch.arange(6).reshape(2, 3)})
    assert digest(batch) != digest(batch | {"b": np.zeros(2)})
    assert digest(0.5) != digest(0.25)
