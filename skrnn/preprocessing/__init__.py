"""Transformers of sequences, and the scaling inside estimators."""
