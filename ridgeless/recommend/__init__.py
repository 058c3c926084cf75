"""From a data matrix to a mask ratio."""

from ridgeless.recommend.recommendation import Recommendation, recommend

__all__ = ["Recommendation", "recommend"]
