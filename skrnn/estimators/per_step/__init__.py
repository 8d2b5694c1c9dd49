"""Estimators that predict at every step: base of the labeler and the anomaly detector."""
