"""The parts of the anomaly detector: what it tells, how wrong that is, and scores."""
