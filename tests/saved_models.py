"""Small fitted models of every kind, each with a function that gives its predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skrnn
from skrnn import networks
from skrnn.datasets import load_airline
from tests.conformance.test_choices import GENERATED, PAIRS, STEPS, X
from tests.conftest import ESTIMATORS, FORECASTERS, make, targets

TRAINING = {"epochs": 1, "random_state": 0}
GRU = networks.GRU(units=2)
MONTHS = pd.period_range("2020-01", periods=30, freq="M", name="month")
DAYS = pd.date_range("2024-01-01", periods=30, freq="D")


def waves(times, columns=1):
    """Return a series, or a frame of several, at the given times."""
    values = np.sin(np.arange(len(times) * columns)).reshape(len(times), columns)
    frame = pd.DataFrame(values, index=times, columns=[f"flow{n}" for n in range(columns)])
    return frame if columns > 1 else frame.iloc[:, 0]


def panel(times):
    """Return two series by the name of a shop."""
    return pd.concat(
        {shop: waves(times).to_frame() + n for n, shop in enumerate("ab")}, names=["shop"]
    )


def growth():
    """Return the rows of README's pipeline, by date, and the growth of each next month."""
    rows = np.log(load_airline().to_timestamp()).diff()[1:].to_frame("growth")
    return rows, rows["growth"].shift(-1)[:-1]


def _pipeline():
    rows, y = growth()
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        skrnn.SlidingWindow(window_length=12),
        skrnn.GRURegressor(units=8, epochs=2, batch_size=8, random_state=0),
    )
    return model.fit(rows[:-20], y[:-19]), lambda fitted: fitted.predict(rows[-20:])


def _estimator(model, y):
    def predicted(fitted):
        has_classes = hasattr(fitted, "predict_proba")
        return fitted.predict_proba(X) if has_classes else fitted.predict(X)

    return model.fit(X, y), predicted


def _networks():
    """Yield an estimator for each network, and for each wrapper round one."""
    # As wide, and trained as long, as estimators named by a network, which share their programs.
    equal = {"epochs": 2}
    for name, kind in networks.BY_NAME.items():
        width = next(one for one in ("units", "filters", "width") if one in kind._parameters)
        depth = {"n_layers": 1} if "n_layers" in kind._parameters else {}
        yield f"network {name}", {"network": kind(**{width: 4}, **depth), **equal}
    yield "several networks", {"network": networks.GRU(units=4), "n_networks": 2, **equal}
    yield "tokens", {"embedding_dim": 2}
    yield "missing values", {"missing": "mask"}
    yield "centered steps", {"center_steps": True}
    yield "categories", {"categorical_features": [1]}


def _sequences():
    for name in ESTIMATORS:
        yield name, _estimator(make(name), targets(name, X))
    for name, how in _networks():
        given = np.abs(X[:, :, 0] * 3).astype(int) if name == "tokens" else X
        given = np.round(X) if name == "categories" else given
        model = skrnn.SequenceRegressor(**{"network": GRU, **TRAINING, **how})
        yield name, (model.fit(given, X[:, -1, 0]), lambda m, given=given: m.predict(given))
    for kind, y in STEPS.items():
        model = skrnn.SequenceLabeler(network=GRU, target_type=kind, **TRAINING)
        yield f"labeler {kind}", (model.fit(X, y), lambda m: np.concatenate(m.predict(X)))
    for method in ("forecast", "reconstruction"):
        model = skrnn.SequenceAnomalyDetector(
            network=GRU, method=method, window_length=3, **TRAINING
        )
        yield f"detector {method}", (model.fit(X), lambda m: np.concatenate(m.step_scores(X)))


def _texts():
    for kind, given in GENERATED.items():
        model = skrnn.SequenceGenerator(network=GRU, input_type=kind, **TRAINING).fit(given)
        yield (
            f"generator {kind}",
            (model, lambda m, given=given: np.concatenate(m.predict_proba(given))),
        )
    for kind, given in PAIRS.items():
        y = PAIRS["characters" if kind == "vector" else kind]
        types = {"input_type": kind, "target_type": "auto" if kind == "vector" else kind}
        model = skrnn.SequenceTranslator(network=GRU, embedding_dim=2, max_length=4, **TRAINING)
        if kind not in ("auto", "characters"):
            types |= {"attention": False, "bidirectional": False}
        model.set_params(**types).fit(given, y)
        yield (
            f"translator {kind}",
            (model, lambda m, given=given, y=y: m.score(given, y)),
        )


def _transformers():
    rows = waves(DAYS, 2)
    grouped = rows.assign(shop=["a", "b"] * 15, town=[1, 2] * 15)
    for name, given, how in (
        ("rows", rows.to_numpy(), {"continues": True}),
        ("dates", rows, {}),
        ("business days", waves(pd.date_range("2024", periods=30, freq="B"), 2), {}),
        ("periods", waves(MONTHS, 2), {}),
        ("durations", waves(pd.timedelta_range("1h", periods=30, freq="h"), 2), {}),
        ("groups", grouped, {"groups": "shop"}),
        ("two groups", grouped, {"groups": ("shop", "town")}),
    ):
        window = skrnn.SlidingWindow(3, incomplete="ignore", **how).fit(given[:-4])
        yield (
            f"window of {name}",
            (window, lambda m, given=given: np.asarray(m.transform(given[-4:]))),
        )
    for method in skrnn.SequenceScaler._parameters["method"].domain.options:
        scaler = skrnn.SequenceScaler(method=method).fit(X)
        yield f"scaler {method}", (scaler, lambda m: m.transform(X))
    yield (
        "tokens of texts",
        (skrnn.TokenSequences().fit(["a b"]), lambda m: m.transform(["b a c"])),
    )


def _forecaster(name, y, X=None, *, fh=None, ahead=None, **params):
    model = make(name, **{"window_length": 6, **params}).fit(
        y, X, fh=[1, 2, 3] if fh is None else fh
    )
    levels = [0.1, 0.5, 0.9]
    return model, lambda m: m.predict_quantiles(X=ahead, alpha=levels).to_numpy()


#: Settings of a forecaster without exponential smoothing, of which small programs are compiled.
PLAIN = {"differences": None, "normalization": "series", "early_stopping": False}


def _forecasters():
    for name in FORECASTERS:
        yield name, _forecaster(name, waves(DAYS), **PLAIN)
    hours = pd.date_range("2024-03-30", periods=40, freq="h", tz="Europe/Berlin")
    later = waves(pd.date_range("2024-01-01", periods=33, freq="D"), 2)
    kinds = pd.DataFrame({"kind": ["a", "b", "c"] * 11}, index=later.index)
    for name, y, how in (
        ("hours in a time zone", waves(hours), PLAIN | {"fh": [1, 30]}),
        ("months", waves(pd.date_range("2020", periods=30, freq="MS")), {}),
        ("business days", waves(pd.date_range("2024", periods=30, freq="B")), PLAIN),
        ("periods", waves(MONTHS), {"time_features": ("month_of_year",)}),
        ("integers", waves(pd.RangeIndex(5, 35)), PLAIN | {"loss": "gaussian"}),
        ("an array", np.sin(np.arange(30.0)), PLAIN),
        ("dates ahead", waves(DAYS), {"fh": pd.date_range("2024-02-01", periods=2, freq="D")}),
        ("columns", waves(DAYS, 2), PLAIN | {"channel_independent": True}),
        ("a panel", panel(DAYS), {}),
        ("a panel of periods", panel(MONTHS), PLAIN | {"loss": "quantile", "n_networks": 2}),
        ("a hierarchy", pd.concat({2: panel(DAYS), 3: panel(DAYS)}, names=["town"]), {}),
        ("covariates", waves(DAYS), PLAIN | {"X": later[:30], "ahead": later[30:]}),
        ("categories", waves(DAYS), PLAIN | {"X": kinds[:30], "ahead": kinds[30:]}),
    ):
        yield f"forecaster of {name}", _forecaster("GRUForecaster", y, **how)
    detector = skrnn.SequenceAnomalyDetector(network=GRU, chunk_length=10, **TRAINING)
    model = skrnn.SequenceDetector(detector).fit(waves(DAYS))
    yield "sktime detector", (model, lambda m: m.transform_scores(waves(DAYS)).to_numpy())


def models():
    """Yield the name of each, with the fitted model and the function of its predictions."""
    yield "README's pipeline", _pipeline()
    for part in (_sequences, _texts, _transformers, _forecasters):
        yield from part()
