"""What the reader is told, by options or behind a path."""

import argparse

import pytest

import ridgeless as rl
from ridgeless.cli.tables import Reading, add_options, chosen, inline, is_table


def test_options_say_the_same_on_a_command_and_behind_a_path() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    words = ["--no-header", "--drop", "a,b", "--drop", "c", "--columns", "d", "--delimiter", "tab",
             "--decimal", ",", "--missing", "mean", "--text-columns", "drop",
             "--index-column", "none"]  # fmt: skip
    said = chosen(parser.parse_args(words))
    path, same = inline(
        "C:/a b.csv:header=no:drop=a,b:drop=c:columns=d:delimiter=tab:decimal=,:missing=mean"
        ":text-columns=drop:index-column=none"
    )
    assert path == "C:/a b.csv"
    assert (said.delimiter, said.header, said.drop) == ("\t", False, ("a,b", "c"))
    assert vars(same) == vars(said) | {"inline": True}
    assert chosen(parser.parse_args([])) == Reading()


def test_a_refusal_names_the_option_in_its_own_words() -> None:
    assert Reading().option("missing", "a", "b", "c") == "--missing a, b or c"
    assert inline("t.csv")[1].option("missing", "a") == ":missing=a behind the path"
    assert ":header=yes" in inline("t.csv")[1].header_options()


@pytest.mark.parametrize("text", ["a.csv", "a.tsv", "a.csv.gz", "a.npy", "a.h5ad:missing=mean"])
def test_tables_are_known_by_their_endings(text: str) -> None:
    assert is_table(text)
    assert not is_table("digits:0.1")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"delimiter": "ab"}, "delimiter must be one character or one of comma, tab"),
        ({"delimiter": '"'}, "delimiter must be one character"),
        ({"decimal": "x"}, "decimal must be one of '.', ',', got 'x'"),
        ({"decimal": ",", "delimiter": ","}, "decimal must differ from the delimiter"),
        ({"missing": "zero"}, "missing must be one of 'refuse'"),
        ({"text_columns": "hash"}, "text_columns must be one of"),
    ],
)
def test_what_cannot_be_told(options: dict[str, str], says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        Reading(**options)


@pytest.mark.parametrize("text", ["t.csv:header=maybe", "t.csv:rows=3"])
def test_unknown_options_behind_a_path(text: str) -> None:
    with pytest.raises(rl.DomainError, match="header"):
        inline(text)
