"""Displays of forecasts, fits, predictions, steps and attention, like those of scikit-learn."""
