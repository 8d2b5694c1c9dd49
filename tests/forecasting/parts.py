"""Heads, networks, series and small tools that the tests of forecasting's parts share."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st

from skrnn import networks
from skrnn._backend import load_keras
from skrnn.engine.forecast_losses import ForecastLoss
from skrnn.engine.model_spec import ModelSpec
from skrnn.forecasting.covariates import Ahead
from skrnn.forecasting.series import Series
from skrnn.networks.wrappers.forecast import Forecast, ForecastHead

keras = load_keras()
SEEDS = st.integers(0, 2**16)
POINT = ForecastHead("point")
GAUSSIAN = ForecastHead("gaussian")
STUDENT = ForecastHead("student_t")
QUANTILE = ForecastHead("quantile", (0.1, 0.25, 0.5, 0.9))
HEADS = {"point": POINT, "gaussian": GAUSSIAN, "student_t": STUDENT, "quantile": QUANTILE}


def some(number):
    """Draw ``number`` examples of a law."""
    return settings(max_examples=number, deadline=None)


def numpy_of(tensor):
    return np.asarray(tensor.detach() if hasattr(tensor, "detach") else tensor)


def call(layer, *inputs, **keywords):
    """Return what a layer or a function of tensors gives, as numpy."""
    tensors = [keras.ops.convert_to_tensor(np.asarray(x, dtype=np.float32)) for x in inputs]
    output = layer(*tensors, **keywords)
    return [numpy_of(o) for o in output] if isinstance(output, tuple) else numpy_of(output)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def with_gaps(values, share, seed):
    """Return a copy with about this share of the rows missing."""
    lacking = np.random.default_rng(seed).random(len(values)) < share
    return np.where(lacking[:, None], np.nan, values)


def network_of(layout, head, **settings):
    chosen = {
        "normalization": "window",
        "differences": (),
        "seasons": None,
        "segment_length": None,
        "teacher_forcing": False,
        **settings,
    }
    return Forecast(networks.Dense(units=2), layout, head, **chosen)


def spec_of(network, loss=None):
    layout, head = network.layout, network.head
    n_outputs = layout.horizon * layout.n_targets * head.n_parameters
    loss = loss or ForecastLoss(head)
    return ModelSpec(network, layout.n_steps, layout.n_columns, n_outputs, loss, "sgd", None)


def numbered(values, *, covariates=None, key=(), first=0, channel=0):
    """Return a series over consecutive numbers."""
    values = np.asarray(values, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    covariates = np.empty((len(values), 0)) if covariates is None else covariates
    index = pd.RangeIndex(first, first + len(values))
    return Series(key, index, values, covariates, channel)


def nothing_ahead(series):
    return [Ahead(one.index[:0], np.empty((0, one.covariates.shape[1]))) for one in series]


class Toy:
    """A program that sums the past and what is known ahead, and tells what it must not see."""

    step_multiple, usual_chunk = 1, 32

    def __init__(self, layout, head):
        self.layout, self.head = layout, head
        self.steps = self

    def rows_at_once(self, inputs, n_steps):
        return 32

    def load(self, weights):
        self.weights = weights

    def predict_all(self, batches):
        for x, lengths in batches:
            assert (lengths == self.layout.n_steps).all()
            yield np.stack([self.forecast(window) for window in x])

    def forecast(self, window):
        layout, length = self.layout, self.layout.window_length
        ages = np.arange(1, length + 1)[:, None]
        values = window[:, layout.columns("values")].astype(np.float64)
        observed = window[:, layout.columns("observed")]
        past = (values[:length] * observed[:length] / ages).sum(axis=0)
        leaked = 100 * (values[length:].sum() + observed[length:].sum())
        leaked += 100 * window[length:, layout.columns("past")].sum()
        known = window[length:, layout.columns("known")].sum(axis=1)
        numbers = np.arange(1, self.head.n_parameters + 1)
        steps = np.arange(1, layout.horizon + 1)[:, None, None]
        forecast = (0.3 * past[:, None] * numbers + known[:, None, None]) / steps + leaked
        return forecast.ravel()


def rank_of(level, count):
    """Return the rank, from 1, of the conformal quantile of ``count`` errors."""
    exact = Fraction(str(round(level, 6))) * (count + 1)
    rank = math.floor(exact) if level < 0.5 else math.ceil(exact)
    return min(max(rank, 1), max(count, 1))
