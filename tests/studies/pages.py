"""What a study wrote."""

import csv


def page_of(docs, name):
    text = (docs / "studies" / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert "old" not in text
    assert (docs / "figures" / f"{name}.png").stat().st_size > 20_000
    with (docs / "results" / f"{name}.csv").open(encoding="utf-8") as file:
        return text, list(csv.DictReader(file))
