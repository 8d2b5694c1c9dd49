"""Serve a model as a service: each sensor sends its observations, and receives predictions.

``uvicorn --app-dir docs/examples stream_service:app`` starts it; it needs
``pip install fastapi uvicorn skops``. The model comes from the file that the environment variable
``MODEL`` names, written by ``skops.io.dump(pipeline, "model.skops")``; each sensor has its own
`Stream` with its own lock, so that requests of different sensors run at the same time.
"""

import os
import threading
from datetime import datetime

import skops.io
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

import skrnn


class Observation(BaseModel):
    """Values by the names of the features, and their time."""

    time: datetime
    values: dict[str, float]


def make_app(model):
    """Return the service of a fitted estimator, pipeline or forecaster."""
    app, streams, adding = FastAPI(), {}, threading.Lock()

    @app.post("/sensors/{name}")
    def step(name: str, observation: Observation):
        with adding:
            if name not in streams:
                streams[name] = threading.Lock(), skrnn.Stream(model)
        lock, stream = streams[name]
        try:
            with lock:
                return {"prediction": stream.step(observation.values, observation.time).tolist()}
        except ValueError as error:  # the state of the stream is unchanged
            raise HTTPException(422, str(error)) from error

    return app


if "MODEL" in os.environ:
    app = make_app(skops.io.load(os.environ["MODEL"], trusted=skrnn.trusted_types()))
