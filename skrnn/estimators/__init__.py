"""The scikit-learn estimators, one file for each task."""
