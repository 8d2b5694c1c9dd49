"""Compile, train and predict: the only place that knows which Keras backend runs."""
