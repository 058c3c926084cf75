"""Models whose risk is known."""

from torch import nn


class Guess(nn.Module):
    """A model that is a function of what is there, hidden or not, and remembers the masks."""

    def __init__(self, rule, represent=None):
        super().__init__()
        self.rule, self.features, self.masks = rule, represent, []

    def forward(self, inputs, hidden):
        self.masks.append(hidden.clone())
        return self.rule(inputs)

    def represent(self, inputs, hidden):
        assert not hidden.any()
        return self.features(inputs)


def knows(data):
    if data.symbols:
        return Guess(lambda inputs: 100.0 * nn.functional.one_hot(inputs, data.symbols))
    return Guess(lambda inputs: inputs)
