"""Forecasters on sktime's base, and what they are made of."""
