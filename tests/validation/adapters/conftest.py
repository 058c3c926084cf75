"""Small random language models, and the Trainer around them."""

import pytest
import torch

WORDS = ["[PAD]", "[UNK]", "[MASK]", "[CLS]", "[SEP]", *"abcdefghijkl"]
LETTERS = range(5, len(WORDS))


@pytest.fixture
def tokenizer(transformers):
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    words = {word: number for number, word in enumerate(WORDS)}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="[UNK]")),
        pad_token="[PAD]",
        unk_token="[UNK]",
        mask_token="[MASK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


@pytest.fixture
def language(transformers, tokenizer):
    return transformers.DataCollatorForLanguageModeling(tokenizer)


@pytest.fixture
def bert(transformers):
    """Make the same small BERT at every call."""
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=32,
    )

    def make():
        torch.manual_seed(0)
        return transformers.BertForMaskedLM(config)

    return make


@pytest.fixture
def settings(transformers, trainer, tmp_path):
    """Arguments of a Trainer that is quick and quiet."""

    def make(folder="run", **changes):
        usual = {
            "per_device_train_batch_size": 4,
            "per_device_eval_batch_size": 4,
            "num_train_epochs": 3,
            "use_cpu": True,
            "report_to": [],
            "disable_tqdm": True,
            "save_strategy": "no",
            "logging_steps": 5,
            "dataloader_pin_memory": False,
        }
        return transformers.TrainingArguments(str(tmp_path / folder), **usual | changes)

    return make
