"""Small fitted estimators with batches of inputs, and the predictions that their files must give.

``python -m tests.onnx_export.cases FOLDER [NAME ...]`` writes files that ``serving.py`` compares.
"""

import sys
from functools import partial
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
    for name in ("RNN", "LSTM", "GRU", "MinGRU", "SLSTM")
    for key, setting in {
        "one layer": {"n_layers": 1},
        "stacked, both directions": {"n_layers": 2, "bidirectional": True, "layer_norm": True},
    }.items()
}
OTHERS = {
    "GRU learned state": networks.GRU(units=4, bidirectional=True, initial_state="learned"),
    "SLSTM learned state": networks.SLSTM(units=4, initial_state="learned"),
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


#: Functions that return cases, by name: a model, its inputs with outputs, and a unit of outputs.
CASES = {}

#: Cases of each kind of estimator, which take a moment.
LIGHT = [
    "regressor GRU stacked, both directions",
    "regressor TCN",
    "regressor missing GRU one layer",
    "classifier LSTM one layer",
    "classifier centered steps",
    "classifier of texts",
    "regressor categories",
    "labeler ensemble, numbers",
    "detector smoothed",
    "forecaster GRU direct",
    "forecaster panel channels",
]


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


def case(model, methods, given, inputs=padded, unit=1.0):
    """Return a fitted model, what its file must give for each batch, and a unit."""
    found = [
        (inputs(one), {name: method(one) for name, method in methods.items()})
        for one in given.values()
    ]
    return model, found, unit


# ------------------------------------------------------------------ regressors and classifiers


def regressor(network, X=RAGGED, inputs=padded, y=Y, **settings):
    """Return the case of a regressor."""
    model = skrnn.SequenceRegressor(network=network, **SETTINGS, **settings).fit(X, y)
    return case(model, {"prediction": model.predict}, batches(X), inputs, Y.std())


def classifier(network, X=RAGGED, inputs=padded, y=KINDS, given=None, **settings):
    """Return the case of a classifier; ``given`` are sequences to classify, by default X."""
    model = skrnn.SequenceClassifier(network=network, **SETTINGS, **settings).fit(X, y)
    methods = {"label": model.predict, "probabilities": model.predict_proba}
    return case(model, methods, batches(X if given is None else given), inputs)


def cube(X):
    """Return sequences of one length as the input of a file."""
    return {"X": X}


def padded_texts(texts):
    """Return texts as the input of a file."""
    values = np.zeros((len(texts), max(map(len, texts)) + 2), dtype="int64")
    for row, text in zip(values, texts, strict=True):
        row[: len(text)] = text
    return {"X": values}


for _name, _network in {**RECURRENT, **OTHERS}.items():
    CASES[f"regressor {_name}"] = partial(regressor, _network)
    CASES[f"classifier {_name}"] = partial(classifier, _network, add_differences=True)
for _name in ("GRU one layer", "TCN", "Conv"):
    _network = {**RECURRENT, **OTHERS}[_name]
    CASES[f"regressor missing {_name}"] = partial(regressor, _network, GAPS, missing="mask")
for _name, _network in {"Dense": networks.Dense(units=5), "GRU": networks.GRU(units=4)}.items():
    CASES[f"regressor linear skip {_name}"] = partial(
        regressor, _network, X, inputs=cube, linear_skip=True
    )
ALIKE = (X + 30 * UNITS * np.sin(np.arange(12))[:, None]).astype("float32")
CASES["regressor centered steps"] = partial(
    regressor, networks.GRU(units=4), ALIKE, inputs=cube, center_steps=True, missing="mask"
)
CASES["classifier centered steps"] = partial(
    classifier, networks.TCN(filters=4), ALIKE, inputs=cube, center_steps=True, add_differences=True
)
MIXED = [np.column_stack([x, np.arange(len(x)) % 4]) for x in GAPS]


def coded(sequences):
    """Return sequences as inputs of a file, the last feature as codes, of which 3 is unknown."""
    return padded([np.column_stack([x[:, :-1], (x[:, -1] + 1) % 4]) for x in sequences])


def categories(kind, network, X=MIXED, **settings):
    """Return the case of a fit without the category 3, which the sequences to predict have."""
    own = {"network": network, "categorical_features": [3], **SETTINGS, **settings}
    model = getattr(skrnn, f"Sequence{kind}")(**own)
    known = [np.column_stack([x[:, :-1], x[:, -1] % 3]) for x in X]
    model.fit(known, Y if kind == "Regressor" else KINDS)
    if kind == "Regressor":
        return case(model, {"prediction": model.predict}, batches(X), coded, Y.std())
    methods = {"label": model.predict, "probabilities": model.predict_proba}
    return case(model, methods, batches(X), coded)


CASES["regressor categories"] = partial(
    categories, "Regressor", networks.GRU(units=4), missing="mask"
)
CASES["classifier categories"] = partial(
    categories,
    "Classifier",
    networks.TCN(filters=4),
    list(np.nan_to_num(np.stack([x[:3] for x in MIXED]))),
    add_differences=True,
    center_steps=True,
)
CASES["regressor ensemble"] = partial(  # one of its targets never varies
    regressor, networks.GRU(units=4), y=np.stack([Y, np.full(len(Y), 7.0)], axis=1), n_networks=2
)
CASES["classifier ensemble"] = partial(
    classifier, networks.LSTM(units=4), GAPS, y=np.arange(40) % 3 - 1, missing="mask", n_networks=3
)
CASES["classifier of texts"] = partial(
    classifier,
    networks.GRU(units=4),
    TEXTS,
    inputs=padded_texts,
    given=[*TEXTS[:20], np.array([2, 900, 3]), np.array([0, 0]), *TEXTS[22:]],
    embedding_dim=3,
)


# ------------------------------------------------------------------ labelers and detectors

LABELS = {
    "classes": [np.where(x[:, 0] > 0, "high", "low") for x in RAGGED],
    "labels": [(x - ORIGIN > 0).astype(int) for x in RAGGED],
    "numbers": [x[:, 2].cumsum() for x in RAGGED],
}


def labeler(network, kind, X=RAGGED, **settings):
    """Return the case of a labeler of classes, labels or numbers."""
    y = LABELS[kind]
    model = skrnn.SequenceLabeler(network=network, **settings, **SETTINGS).fit(X, y)

    def predicted(X):
        return np.concatenate(model.predict(X))

    if kind == "numbers":
        unit = np.concatenate(y).std()
        return case(model, {"prediction": predicted}, batches(X), unit=unit)
    methods = {
        "label": predicted,
        "probabilities": lambda X: np.concatenate(model.predict_proba(X)),
    }
    return case(model, methods, batches(X))


def detector(X=RAGGED, **settings):
    """Return the case of a detector."""
    model = skrnn.SequenceAnomalyDetector(**settings, **SETTINGS).fit(X)
    methods = {
        "step_scores": lambda X: np.concatenate(model.step_scores(X)),
        "score_samples": model.score_samples,
        "label": model.predict,
    }
    return case(model, methods, batches(X))


GRU = networks.GRU(units=4)
SMOOTHED = {"network": networks.TCN(filters=4), "smoothing": 3, "memory": 5}
RECONSTRUCTION = {"method": "reconstruction", "window_length": 3}
for _kind in LABELS:
    CASES[f"labeler both ways, {_kind}"] = partial(labeler, GRU, _kind)
    CASES[f"labeler ensemble, {_kind}"] = partial(labeler, GRU, _kind, n_networks=2)
CASES |= {
    "labeler causal": partial(labeler, networks.LSTM(units=4, n_layers=2), "classes", causal=True),
    "labeler TCN both ways": partial(labeler, networks.TCN(filters=4), "classes"),
    "labeler Conv": partial(labeler, networks.Conv(filters=4), "classes"),
    "labeler missing": partial(labeler, GRU, "classes", GAPS, missing="mask"),
    "detector forecast": partial(detector, network=networks.LSTM(units=4)),
    "detector smoothed": partial(detector, **SMOOTHED),
    "detector missing": partial(detector, GAPS, missing="mask", **SMOOTHED),
    "detector ensemble": partial(detector, network=GRU, n_networks=2, smoothing=2),
    "detector reconstruction": partial(detector, network=GRU, **RECONSTRUCTION),
    "detector Dense": partial(detector, network=networks.Dense(), **RECONSTRUCTION),
}


# ------------------------------------------------------------------ forecasters

TIMES = np.arange(150)
WAVE = 50 + 10 * np.sin(TIMES * 2 * np.pi / 7) + 0.1 * TIMES + RNG.normal(size=150)
LEVELS = (0.05, 0.25, 0.5, 0.95)


def forecaster(kind, values=WAVE, **settings):
    """Return the case of a forecaster of one series, after the fit and after later times."""
    model = getattr(skrnn, f"{kind}Forecaster")(**{"window_length": 14, **SETTINGS, **settings})
    y = pd.Series(values, index=pd.date_range("2021-01-04", periods=len(values), freq="D"))
    model.fit(y.iloc[:-8], fh=np.arange(1, 5))
    found = []
    for n_times in (len(y) - 8, len(y)):
        if n_times == len(y):
            model.update(y, update_params=False)
        quantiles = model.predict_quantiles(alpha=list(LEVELS)).to_numpy()
        outputs = {
            "prediction": model.predict().to_numpy()[None, :, None],
            "quantiles": quantiles[None, :, None],
        }
        found.append(({"y": y.to_numpy()[None, :n_times, None]}, outputs))
    return model, found, np.nanstd(values)


def panel(is_categorical=False, **settings):
    """Return the case of a forecaster of two series of two columns, with covariates."""
    model = skrnn.GRUForecaster(
        units=4,
        window_length=10,
        past_covariates=["past"],
        static_covariates=["size"],
        time_features=("day_of_week", 5.0),
        **SETTINGS,
        **settings,
    )
    days = pd.date_range("2021-01-04", periods=60, freq="D")
    index = pd.MultiIndex.from_product([["a", "b"], days], names=["shop", "day"])
    numbers = np.tile(np.arange(60), 2)
    noise = RNG.normal(size=(120, 4))
    y = pd.DataFrame({"one": 5 + np.sin(numbers), "two": numbers / 9}, index) + noise[:, :2] / 9
    X = pd.DataFrame(noise[:, 2:], index, columns=["past", "ahead"])
    X["size"] = np.repeat([3.0, 8.0], 60)
    if is_categorical:
        X["ahead"] = np.where(X["ahead"] > 0, "much", "little")
    seen = numbers < 56
    model.fit(y[seen], X[seen], fh=[1, 2, 3, 4])
    later = X[~seen][["ahead"]]
    quantiles = model.predict_quantiles(X=later, alpha=list(LEVELS)).to_numpy()
    if is_categorical:
        X["ahead"] = X["ahead"].map({"little": 1.0, "much": 2.0})
    first = (days[0] - pd.Timestamp(0)).days
    cycles = np.stack([index.get_level_values(1).dayofweek / 7, (first + numbers) / 5], axis=1)
    inputs = {
        "y": y[seen].to_numpy().reshape(2, 56, 2),
        "series": np.array([0, 1]),
        "past": X[seen][["past"]].to_numpy().reshape(2, 56, 1),
        "known": X[["ahead"]].to_numpy().reshape(2, 60, 1),
        "cycles": cycles.reshape(2, 60, 2),
    }
    outputs = {
        "prediction": model.predict(X=later).to_numpy().reshape(2, 4, 2),
        "quantiles": quantiles.reshape(2, 4, 2, len(LEVELS)),
    }
    turned = [{key: part[::-1].copy() for key, part in one.items()} for one in (inputs, outputs)]
    return model, [(inputs, outputs), turned], float(y["one"].std())


#: Without a validation part, the network is kept, even if smoothing alone is better.
TRAINED = {"early_stopping": False, "epochs": 5}
for _kind, _small in {"GRU": {"units": 4}, "LSTM": {}, "RNN": {}, "TCN": {"filters": 4}}.items():
    CASES[f"forecaster {_kind} default"] = partial(forecaster, _kind, **TRAINED)
    CASES[f"forecaster {_kind} seq2seq"] = partial(
        forecaster, _kind, strategy="seq2seq", loss="gaussian", n_networks=2, **_small
    )
DIRECT = {"strategy": "direct", "differences": (1, 7), "loss": "quantile"}
SEGMENTS = {"segment_length": 7, "loss": "student_t", "transform": "log"}
for _name in ("Conv", "LITE", "Transformer"):
    CASES[f"forecaster {_name}"] = partial(forecaster, "Sequence", network=OTHERS[_name], **TRAINED)
CASES |= {
    "forecaster GRU direct": partial(forecaster, "GRU", units=4, **DIRECT),
    "forecaster GRU recursive": partial(
        forecaster, "GRU", units=4, strategy="recursive", normalization="last"
    ),
    "forecaster GRU segments": partial(forecaster, "GRU", **SEGMENTS),
    "forecaster GRU blocks": partial(
        forecaster, "GRU", units=4, horizon=2, loss="quantile", normalization="global"
    ),
    "forecaster GRU gaps": partial(
        forecaster, "GRU", np.where(np.isin(TIMES, [30, 90, 120, 140, 141]), np.nan, WAVE), units=4
    ),
    "forecaster GRU short": partial(forecaster, "GRU", WAVE[:20], units=4, window_length=30),
    "forecaster panel direct": partial(panel, strategy="direct", loss="quantile"),
    "forecaster panel categories": partial(panel, is_categorical=True),
    "forecaster panel seq2seq": partial(panel, strategy="seq2seq"),
    "forecaster panel channels": partial(panel, channel_independent=True, loss="gaussian"),
}


def save(folder, name):
    """Write the file of a case, and its batches beside it, as ``serving.py`` reads them."""
    path = Path(folder) / f"{name}.onnx"
    model, found, unit = CASES[name]()
    model.to_onnx(path)
    arrays = {"unit": unit}
    for number, (inputs, outputs) in enumerate(found):
        arrays |= {f"{number}:input:{key}": value for key, value in inputs.items()}
        for key, value in outputs.items():
            array = np.asarray(value)
            arrays[f"{number}:output:{key}"] = array.astype(str) if array.dtype == object else array
        if "lengths" in inputs:
            lengths = inputs["lengths"]
            arrays[f"{number}:real"] = np.arange(lengths.max()) < lengths[:, None]
    np.savez(path.with_suffix(".npz"), **arrays)


if __name__ == "__main__":
    for case_name in sys.argv[2:] or CASES:
        save(sys.argv[1], case_name)
