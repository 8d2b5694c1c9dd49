"""Serve an ONNX file as a service: each request has a batch of sequences, and gets predictions.

``uvicorn --app-dir docs/examples onnx_service:app`` starts it; it needs
``pip install fastapi uvicorn numpy onnxruntime``, and neither skrnn nor Keras. The file is the one
that the environment variable ``MODEL`` names, written by ``to_onnx("model.onnx")`` of a regressor,
classifier, labeler or detector. One session answers all threads: it has no state.
"""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel


class Sequences(BaseModel):
    """Sequences as lists of steps, each a list of the values of the features; None is missing."""

    sequences: list[list[list[float | None]]]


def padded(sequences, n_features):
    """Return an array (n_sequences, n_steps, n_features) with zeros at the end, and the lengths."""
    lengths = np.array([len(one) for one in sequences], dtype="int32")
    if not lengths.all() or not len(lengths):
        raise ValueError("give at least one sequence, each with at least one step.")
    X = np.zeros((len(sequences), lengths.max(), n_features), dtype="float32")
    for row, one in zip(X, sequences, strict=True):
        steps = np.array(one, dtype="float32")
        if steps.shape != (len(one), n_features):
            raise ValueError(f"give each step of a sequence {n_features} values.")
        row[: len(one)] = steps
    return X, lengths


def make_app(path):
    """Return the service of an ONNX file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # requests run beside each other instead
    session = onnxruntime.InferenceSession(path, options)
    inputs = {one.name: one.shape for one in session.get_inputs()}
    outputs = [one.name for one in session.get_outputs()]
    app = FastAPI()

    @app.post("/predictions")
    def predict(given: Sequences):
        try:
            X, lengths = padded(given.sequences, inputs["X"][2])
            fed = {"X": X, "lengths": lengths} if "lengths" in inputs else {"X": X}
            if "lengths" not in inputs and set(lengths) != {inputs["X"][1]}:
                raise ValueError(f"give each sequence {inputs['X'][1]} steps.")
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        found = session.run(outputs, fed)
        return {name: one.tolist() for name, one in zip(outputs, found, strict=True)}

    return app


if "MODEL" in os.environ:
    app = make_app(os.environ["MODEL"])
