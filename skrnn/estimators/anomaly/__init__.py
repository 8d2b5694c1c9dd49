"""Anomaly detection by errors of prediction or reconstruction."""
