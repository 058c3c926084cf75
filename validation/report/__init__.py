"""From finished runs to report.json, report.md, figures and verdicts."""
