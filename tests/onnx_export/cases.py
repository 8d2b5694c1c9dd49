"""Small fitted estimators with batches of inputs, and the predictions that their files must give.

``python -m tests.onnx_export.cases FOLDER [KIND ...]`` writes files that ``serving.py`` compares.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import skrnn
from skrnn import networks

RNG = np.random.default_rng(0)
UNITS, ORIGIN = np.array([1.0, 10.0, 0.1]), np.array([0.0, 5.0, 100.0])
X = (RNG.normal(size=(40, 12, 3)) * UNITS + ORIGIN).astype("float32")
Y = 5e5 + 1e3 * X[:, -3:, 0].mean(axis=1)
KINDS = np.where(np.median(Y) < Y, "rise", "fall")
RAGGED = [x[: 3 + n % 10] for n, x in enumerate(X)]
GAPS = [np.where(RNG.random(x.shape) < 0.4, np.nan, x).astype("float32") for x in RAGGED]
for n in range(0, 40, 7):
    GAPS[n][: 1 + n % 3] = np.nan  # whole steps
GAPS[3][:] = np.nan  # and a whole sequence
TEXTS = [RNG.integers(2, 9, size=3 + n % 7) for n in range(40)]
SETTINGS = {"epochs": 2, "learning_rate": 0.02, "random_state": 0}

RECURRENT = {
    f"{name} {key}": getattr(networks, name)(units=4, **setting)
    for name in ("RNN", "LSTM", "GRU", "MinGRU")
    for key, setting in {
        "one layer": {"n_layers": 1},
        "stacked, both directions": {"n_layers": 2, "bidirectional": True, "layer_norm": True},
    }.items()
}
OTHERS = {
    "GRU learned state": networks.GRU(units=4, bidirectional=True, initial_state="learned"),
    "MinGRU learned state": networks.MinGRU(units=4, initial_state="learned"),
    "GRU convolution": networks.GRU(units=4, conv_filters=3, conv_strides=2, pooling="mean"),
    "GRU attention": networks.GRU(units=4, pooling="attention", dropout=0.1),
    "TCN": networks.TCN(filters=4, layer_norm=True),
    "TCN max": networks.TCN(filters=4, pooling="max"),
    "Conv": networks.Conv(filters=(4, 3), kernel_size=4),
    "LITE": networks.LITE(filters=4, kernel_size=8),
    "Inception": networks.Inception(filters=4, kernel_size=8),
    "Transformer": networks.Transformer(width=8, n_layers=1, feedforward=8, dropout=0.1),
}


def padded(sequences):
    """Return sequences as inputs of a file: padded with garbage, and their lengths."""
    lengths = np.array([len(one) for one in sequences], dtype="int32")
    values = np.full((len(sequences), lengths.max(), sequences[0].shape[1]), np.nan, "float32")
    for row, one in zip(values, sequences, strict=True):
        row[: len(one)] = one
    return {"X": values, "lengths": lengths}


def batches(sequences):
    """Return batches of three sizes, which have different lengths."""
    return {"one": sequences[:1], "seven": sequences[8:15], "all": sequences}


def case(model, given, inputs, expected, unit=1.0):
    """Return a fitted model with its batches: inputs and expected outputs."""
    found = []
    for one in given.values():
        outputs = {name: method(one) for name, method in expected(model).items()}
        found.append((inputs(one), outputs))
    return model, found, unit


def regressors():
    """Yield names and cases of regressors."""

    def expected(model):
        return {"prediction": model.predict}

    def fitted(network, X, **settings):
        model = skrnn.SequenceRegressor(network=network, **SETTINGS, **settings)
        return model.fit(X, Y)

    for name, network in {**RECURRENT, **OTHERS}.items():
        model = fitted(network, RAGGED)
        yield f"regressor {name}", case(model, batches(RAGGED), padded, expected, Y.std())
    for name in ("GRU one layer", "TCN", "Conv"):
        network = {**RECURRENT, **OTHERS}[name]
        model = fitted(network, GAPS, missing="mask")
        yield f"regressor missing {name}", case(model, batches(GAPS), padded, expected, Y.std())
    for name, network in {"Dense": networks.Dense(units=5), "GRU": networks.GRU(units=4)}.items():
        model = fitted(network, X, linear_skip=True)
        cube = case(model, batches(X), lambda one: {"X": one}, expected, Y.std())
        yield f"regressor linear skip {name}", cube
    two = skrnn.GRURegressor(units=4, n_networks=2, **SETTINGS)
    two.fit(RAGGED, np.stack([Y, np.full(len(Y), 7.0)], axis=1))  # one target never varies
    yield "regressor ensemble", case(two, batches(RAGGED), padded, expected, Y.std())


def classifiers():
    """Yield names and cases of classifiers."""

    def expected(model):
        return {"label": model.predict, "probabilities": model.predict_proba}

    for name, network in {**RECURRENT, **OTHERS}.items():
        model = skrnn.SequenceClassifier(network=network, add_differences=True, **SETTINGS)
        model.fit(RAGGED, KINDS)
        yield f"classifier {name}", case(model, batches(RAGGED), padded, expected)
    numbered = skrnn.LSTMClassifier(units=4, n_networks=3, missing="mask", **SETTINGS)
    numbered.fit(GAPS, np.arange(40) % 3 - 1)
    yield "classifier ensemble", case(numbered, batches(GAPS), padded, expected)
    texts = skrnn.GRUClassifier(units=4, embedding_dim=3, **SETTINGS).fit(TEXTS, KINDS)
    unknown = [*TEXTS[:20], np.array([2, 900, 3]), np.array([0, 0]), *TEXTS[22:]]
    yield "classifier of texts", case(texts, batches(unknown), padded_texts, expected)


def labelers():
    """Yield names and cases of labelers."""
    settings = {
        "both ways": {"network": networks.GRU(units=4)},
        "causal": {"network": networks.LSTM(units=4, n_layers=2), "causal": True},
        "TCN both ways": {"network": networks.TCN(filters=4)},
        "Conv": {"network": networks.Conv(filters=4)},
        "ensemble": {"network": networks.GRU(units=4), "n_networks": 2},
    }
    kinds = {
        "classes": [np.where(x[:, 0] > 0, "high", "low") for x in RAGGED],
        "labels": [(x - ORIGIN > 0).astype(int) for x in RAGGED],
        "numbers": [x[:, 2].cumsum() for x in RAGGED],
    }
    for (name, setting), (kind, y) in itertools.product(settings.items(), kinds.items()):
        if name not in ("both ways", "ensemble") and kind != "classes":
            continue
        model = skrnn.SequenceLabeler(**setting, **SETTINGS).fit(RAGGED, y)
        unit = np.concatenate(y).std() if kind == "numbers" else 1.0
        yield f"labeler {name} {kind}", case(model, batches(RAGGED), padded, at_steps, unit)
    gaps = skrnn.SequenceLabeler(network=networks.GRU(units=4), missing="mask", **SETTINGS)
    gaps.fit(GAPS, kinds["classes"])
    yield "labeler missing", case(gaps, batches(GAPS), padded, at_steps, 1.0)


def at_steps(model):
    """Return the methods of a labeler by the names of outputs, end to end."""
    names = {"label": "predict", "probabilities": "predict_proba"}
    if model.target_type_ == "continuous":
        names = {"prediction": "predict"}
    methods = {name: getattr(model, method) for name, method in names.items()}
    return {
        name: lambda X, method=method: np.concatenate(method(X)) for name, method in methods.items()
    }


def detectors():
    """Yield names and cases of anomaly detectors."""

    def expected(model):
        return {
            "step_scores": lambda X: np.concatenate(model.step_scores(X)),
            "score_samples": model.score_samples,
            "label": model.predict,
        }

    small = networks.GRU(units=4)
    settings = {
        "forecast": {"network": networks.LSTM(units=4)},
        "smoothed": {"network": networks.TCN(filters=4), "smoothing": 3, "memory": 5},
        "ensemble": {"network": small, "n_networks": 2, "smoothing": 2},
        "reconstruction": {"network": small, "method": "reconstruction", "window_length": 3},
        "dense": {"network": networks.Dense(), "method": "reconstruction", "window_length": 3},
    }
    for name, setting in settings.items():
        model = skrnn.SequenceAnomalyDetector(**setting, **SETTINGS).fit(RAGGED)
        yield f"detector {name}", case(model, batches(RAGGED), padded, expected, 1.0)
    settings["smoothed"]["missing"] = "mask"
    gaps = skrnn.SequenceAnomalyDetector(**settings["smoothed"], **SETTINGS).fit(GAPS)
    yield "detector missing", case(gaps, batches(GAPS), padded, expected, 1.0)


def padded_texts(texts):
    """Return texts as the input of a file."""
    values = np.zeros((len(texts), max(map(len, texts)) + 2), dtype="int64")
    for row, text in zip(values, texts, strict=True):
        row[: len(text)] = text
    return {"X": values}


def save(folder, name, model, found, unit):
    """Write a model, and its batches beside it, as ``serving.py`` reads them."""
    path = Path(folder) / f"{name}.onnx"
    model.to_onnx(path)
    arrays = {}
    for number, (inputs, outputs) in enumerate(found):
        arrays |= {f"{number}:input:{key}": value for key, value in inputs.items()}
        arrays |= {f"{number}:output:{key}": np.asarray(value) for key, value in outputs.items()}
        arrays |= {f"unit:{key}": unit for key in outputs}
        if "lengths" in inputs:
            lengths = inputs["lengths"]
            arrays[f"{number}:real"] = np.arange(lengths.max()) < lengths[:, None]
    for key, value in arrays.items():
        if np.asarray(value).dtype == object:
            arrays[key] = np.asarray(value).astype(str)
    np.savez(path.with_suffix(".npz"), **arrays)


TIMES = np.arange(150)
WAVE = 50 + 10 * np.sin(TIMES * 2 * np.pi / 7) + 0.1 * TIMES + RNG.normal(size=150)
LEVELS = (0.05, 0.25, 0.5, 0.95)


def dated(values):
    """Return values as a series of days."""
    index = pd.date_range("2021-01-04", periods=len(values), freq="D")
    return pd.Series(values, index=index)


def forecasters():
    """Yield names and cases of forecasters of one series."""
    settings = {
        "default": {},
        "GRU direct": {"units": 4, "strategy": "direct", "differences": (1, 7), "loss": "quantile"},
        "recursive": {"units": 4, "strategy": "recursive", "normalization": "last"},
        "seq2seq": {"units": 4, "strategy": "seq2seq", "loss": "gaussian", "n_networks": 2},
        "segments": {"segment_length": 7, "loss": "student_t", "transform": "log"},
        "blocks": {"units": 4, "horizon": 2, "loss": "quantile", "normalization": "global"},
    }
    for kind in ("GRU", "LSTM", "RNN", "TCN"):
        for name, setting in settings.items():
            if kind != "GRU" and name not in ("default", "seq2seq"):
                continue
            given = {
                "filters" if kind == "TCN" and key == "units" else key: value
                for key, value in setting.items()
            }
            yield f"forecaster {kind} {name}", forecaster(kind, WAVE, **given)
    gaps = np.where(np.isin(TIMES, [30, 90, 120, 140, 141]), np.nan, WAVE)
    yield "forecaster gaps", forecaster("GRU", gaps, units=4)
    short = WAVE[:20]
    yield "forecaster short", forecaster("GRU", short, units=4, window_length=30, epochs=1)


def panels():
    """Yield names and cases of forecasters of several series, columns and covariates."""
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product(
        [["a", "b"], pd.date_range("2021-01-04", periods=60, freq="D")], names=["shop", "day"]
    )
    n = len(index)
    numbers = np.tile(np.arange(60), 2)
    y = pd.DataFrame(
        {"one": 5 + np.sin(numbers) + rng.normal(size=n) / 9, "two": numbers / 9}, index
    )
    X = pd.DataFrame({"past": rng.normal(size=n), "ahead": rng.normal(size=n)}, index)
    X["size"] = np.repeat([3.0, 8.0], 60)
    days = index.get_level_values(1)
    cycles = np.stack([days.dayofweek / 7, numbers / 5 + 11], axis=1)
    first = (days[0] - pd.Timestamp(0)).days
    cycles[:, 1] = (first + numbers) / 5
    for name, setting in {
        "covariates": {"strategy": "direct", "loss": "quantile", "units": 4},
        "covariates seq2seq": {"strategy": "seq2seq", "units": 4},
        "channels": {"channel_independent": True, "loss": "gaussian", "units": 4},
    }.items():
        model = skrnn.GRUForecaster(
            window_length=10,
            past_covariates=["past"],
            static_covariates=["size"],
            time_features=("day_of_week", 5.0),
            **SETTINGS,
            **setting,
        )
        seen = numbers < 56
        model.fit(y[seen], X[seen], fh=[1, 2, 3, 4])
        later = X[~seen].drop(columns=["past", "size"])
        columns = model.predict_quantiles(X=later, alpha=list(LEVELS))
        quantiles = columns.to_numpy().reshape(2, 4, 2, len(LEVELS))
        given = {
            "y": y[seen].to_numpy().reshape(2, 56, 2),
            "series": np.array([0, 1]),
            "past": X[seen][["past"]].to_numpy().reshape(2, 56, 1),
            "known": X[["ahead"]].to_numpy().reshape(2, 60, 1),
            "cycles": cycles.reshape(2, 60, 2),
        }
        outputs = {
            "prediction": model.predict(X=later).to_numpy().reshape(2, 4, 2),
            "quantiles": quantiles,
        }
        found = [(given, outputs)]
        turned = {key: value[::-1].copy() for key, value in given.items()}
        found.append((turned, {key: value[::-1] for key, value in outputs.items()}))
        yield f"forecaster panel {name}", (model, found, float(y["one"].std()))


def forecaster(kind, values, **settings):
    """Return the case of a forecaster of one series, after the fit and after later times."""
    model = getattr(skrnn, f"{kind}Forecaster")(**{"window_length": 14, **SETTINGS, **settings})
    y = dated(values)
    model.fit(y.iloc[:-8], fh=np.arange(1, 5))
    found = []
    for n_times in (len(y) - 8, len(y)):
        if n_times == len(y):
            model.update(y, update_params=False)
        quantiles = model.predict_quantiles(alpha=list(LEVELS)).to_numpy()
        found.append(
            (
                {"y": y.to_numpy()[None, :n_times, None]},
                {
                    "prediction": model.predict().to_numpy()[None, :, None],
                    "quantiles": quantiles[None, :, None],
                },
            )
        )
    return model, found, np.nanstd(values)


#: Functions that yield the cases of a kind of estimator.
ALL = {
    "regressors": regressors,
    "classifiers": classifiers,
    "labelers": labelers,
    "detectors": detectors,
    "forecasters": forecasters,
    "panels": panels,
}

if __name__ == "__main__":
    for kind in sys.argv[2:] or ALL:
        for name, one in ALL[kind]():
            save(sys.argv[1], name, *one)
