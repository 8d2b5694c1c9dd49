"""Sequence labeling: a class, labels or numbers at each step, and events."""
