"""The study of the Trainer, small."""

import pytest
import trainer

from simulations.running.pages import markers


@pytest.mark.slow
@pytest.mark.nojit_slow
def test_the_study_runs_small(request, tmp_path, capsys, monkeypatch):
    request.getfixturevalue("trainer")  # which is installed
    few = tuple(task._replace(ratios=task.ratios[1:]) for task in trainer.TASKS)
    monkeypatch.setattr(trainer, "TASKS", few)
    marks = [*markers("vit_mae"), *markers("bert")]
    for page in trainer.PAGES:
        path = tmp_path / page
        path.parent.mkdir()
        path.write_text("before\n{}\nold\n{}\nthen\n{}\nold\n{}\nafter\n".format(*marks))
    small = ["--seeds", "2", "--steps", "3", "--data", "digits", "pydoc"]
    trainer.main([*small, "--docs", str(tmp_path)])
    texts = [(tmp_path / page).read_text() for page in trainer.PAGES]
    assert texts[0] == texts[1]
    assert "old" not in texts[0]
    for task in trainer.TASKS:
        for ratio in task.ratios:
            assert f"| `{ratio}` | " in texts[0]
    assert texts[0].count("±") == 2 * 2 * 4
    assert texts[0].count("**") >= 2 * 2 * 4
    assert "seed 1: [" in capsys.readouterr().err
