"""A linear probe of a representation."""

from dataclasses import replace

import numpy as np
import torch

from tests.validation import tiny
from tests.validation.guess import Guess, knows
from validation.probe import probe


def test_a_probe_reads_what_is_there():
    data = tiny.values(400)
    labels = np.random.default_rng(1).integers(3, size=400)
    train, test = data.train.copy(), data.test.copy()
    train[:, 0, 0], test[:, 0, 0] = labels[:320], labels[320:]
    data = replace(
        data, train=train, test=test, train_labels=labels[:320], test_labels=labels[320:]
    )
    tells = Guess(None, lambda inputs: torch.eye(3)[inputs[:, 0, 0].long()])
    hides = Guess(None, lambda inputs: inputs.flatten(1)[:, 1:])
    assert probe(tells, data, tiny.CPU) == 1.0
    assert probe(hides, data, tiny.CPU) < 0.5
    # Nothing at all is chance.
    assert probe(Guess(None, lambda inputs: torch.zeros(len(inputs), 2)), data, tiny.CPU) < 0.5


def test_no_labels_no_probe():
    assert probe(knows(tiny.symbols()), tiny.symbols(), tiny.CPU) is None
