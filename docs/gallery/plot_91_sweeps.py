"""What others measured
====================

Published sweeps over the mask ratio: how far each value is from the best of its sweep, in shares of
what is missing to the best possible. Sources are in docs/data/sweeps.csv.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import ridgeless

path = Path(ridgeless.__file__).parents[1] / "docs" / "data" / "sweeps.csv"
with path.open(encoding="utf-8") as file:
    lines = [line for line in csv.DictReader(file) if line["mask_ratio"][0].isdigit()]
sweeps: dict[str, list[dict[str, str]]] = {}
for line in lines:
    sweeps.setdefault(f"{line['source'].split(' (')[0]}, {line['metric']}", []).append(line)

figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for number, (name, runs) in enumerate(sweeps.items()):
    ratios = np.array([float(run["mask_ratio"]) for run in runs])
    values = np.array([float(run["value"]) for run in runs])
    loss = 100 - values if runs[0]["higher_is_better"] == "1" else values
    axes.plot(ratios, loss / loss.min() - 1, "o-", ms=4, color=f"C{number}", label=name)
axes.set(xlabel="mask ratio $p$", ylabel="loss above the best of its sweep", xlim=(0, 1))
axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
axes.set_title("No ratio is best for all, and many curves are flat")

ALT = """Loss above the best of its sweep against mask ratio, one line per published sweep. Image
fine-tuning is flat from 0.4 to 0.8; its linear probe is steep and best at 0.75; text retrieval
falls and question answering rises with the ratio; speech and point clouds are nearly flat."""
