"""Estimators for scikit-learn, one file or folder for each task."""
