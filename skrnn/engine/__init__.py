"""Compilation, training and prediction of networks on the Keras backend in use."""
