"""Step-by-step inference in numpy, without Keras and equal on every backend."""
