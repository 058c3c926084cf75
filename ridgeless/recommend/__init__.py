"""From a data matrix to a mask ratio."""

from ridgeless.recommend.probe import ProbeRecommendation, recommend_probe
from ridgeless.recommend.recommendation import Recommendation, recommend

__all__ = ["ProbeRecommendation", "Recommendation", "recommend", "recommend_probe"]
