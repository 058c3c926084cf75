"""The command: a grid of problems, its table, its figure and its verdicts."""
