"""Models that estimators build around the user's network."""
