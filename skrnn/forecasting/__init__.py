"""Forecasters for sktime, each of one network for all series."""
