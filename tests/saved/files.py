"""Models in files of this version, and their predictions: ``python -m tests.saved.files``.

The files stand for those of users: a later version that cannot load them, or predicts otherwise,
has to say so in CHANGELOG.md before they are written anew.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skrnn
from skrnn import networks
from tests.conformance.test_choices import PAIRS, STEPS, X
from tests.saved_models import DAYS, MONTHS, growth, panel, waves

HERE = Path(__file__).parent
GRU = networks.GRU(units=2)
TRAINING = {"epochs": 1, "random_state": 0}


def pipeline():
    """Return README's pipeline, small."""
    rows, y = growth()
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        skrnn.SlidingWindow(window_length=12),
        skrnn.GRURegressor(units=2, batch_size=8, **TRAINING),
    )
    return model.fit(rows[:-20], y[:-19])


def forecaster(y):
    """Return a small forecaster."""
    model = skrnn.GRUForecaster(units=2, window_length=6, **TRAINING)
    return model.fit(y, fh=[1, 2, 3])


#: For each file, how the model was fitted, and what it predicts.
FILES = {
    "pipeline": (pipeline, lambda model: model.predict(growth()[0][-20:])),
    "classifier": (
        lambda: skrnn.TCNClassifier(filters=2, n_blocks=2, **TRAINING).fit(X, X[:, -1, 0] > 0),
        lambda model: model.predict_proba(X),
    ),
    "labeler": (
        lambda: skrnn.SequenceLabeler(network=GRU, **TRAINING).fit(X, STEPS["continuous"]),
        lambda model: np.concatenate(model.predict(X)),
    ),
    "detector": (
        lambda: skrnn.SequenceAnomalyDetector(network=GRU, **TRAINING).fit(X),
        lambda model: np.concatenate(model.step_scores(X)),
    ),
    "generator": (
        lambda: skrnn.SequenceGenerator(network=GRU, **TRAINING).fit(PAIRS["words"]),
        lambda model: np.concatenate(model.predict_proba(PAIRS["words"])),
    ),
    "forecaster_of_dates": (
        lambda: forecaster(waves(DAYS)),
        lambda model: model.predict_quantiles(alpha=[0.1, 0.5, 0.9]).to_numpy(),
    ),
    "forecaster_of_a_panel": (
        lambda: forecaster(panel(MONTHS)),
        lambda model: model.predict_quantiles(alpha=[0.1, 0.5, 0.9]).to_numpy(),
    ),
}


def write():
    """Write each file, with its predictions beside it."""
    for name, (fit, predict) in FILES.items():
        model = fit()
        skops.io.dump(model, HERE / f"{name}.skops", compression=zipfile.ZIP_DEFLATED)
        record = {"version": skrnn.__version__, "predictions": np.asarray(predict(model)).tolist()}
        (HERE / f"{name}.json").write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
