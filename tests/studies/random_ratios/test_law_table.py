"""Tables of laws."""

from random_ratios import law_table

import ridgeless as rl


def test_laws_have_names():
    assert law_table.law_name(rl.DiscreteRatio([0.2])) == "0.200"
    assert (
        law_table.law_name(rl.DiscreteRatio([0.2, 0.8, 0.5], [3, 1, 0.01])) == "75% 0.20 + 25% 0.80"
    )
    assert law_table.law_name(rl.UniformRatio(0.1, 0.9)) == "U(0.10, 0.90)"
    law = rl.DiscreteRatio([0.2, 0.8], [1, 1], [1.0, 2.0])
    assert law_table.law_name(law) == "50% 0.20 + 50% 0.80, loss weights 0.5 : 1"
