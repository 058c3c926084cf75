"""The how-to's Python runs, and prints what the how-to shows."""

import contextlib
import io
import re
from pathlib import Path

import pytest

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "ratio-sampler.md"
BLOCKS = re.findall(
    r"```python\n(.*?)```\n+```text\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL
)


def test_every_block_of_python_shows_its_output():
    assert len(BLOCKS) == HOW_TO.read_text(encoding="utf-8").count("```python") > 0


@pytest.mark.parametrize(("code", "shown"), BLOCKS, ids=[f"block{k}" for k in range(len(BLOCKS))])
def test_it_prints_what_is_shown(transformers, code, shown):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, HOW_TO.name, "exec"), {})
    assert printed.getvalue() == shown
