"""What the labeller and the anomaly detector share: targets, tasks and events at every step."""
