"""Risk on rows of any law: what M sampled rows say of training on n of them."""

from ridgeless.rows.front import learning_curve, rows_risk
from ridgeless.rows.result import RowsRisk

__all__ = ["RowsRisk", "learning_curve", "rows_risk"]
