"""Importance of channels, of stretches of time and of covariates for predictions."""

from skrnn.inspection.covariates import covariate_importance
from skrnn.inspection.display import ImportanceDisplay
from skrnn.inspection.importance import sequence_importance

__all__ = ["ImportanceDisplay", "covariate_importance", "sequence_importance"]
