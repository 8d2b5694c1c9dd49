"""Every choice that a parameter declares is fitted once, so that none is a mere name."""

import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn import networks
from skrnn.parameters import Parametrized

X = np.random.default_rng(0).normal(size=(8, 5, 2))
LAST = X[:, -1, 0]
SERIES = pd.Series(np.sin(np.arange(40.0)), index=pd.date_range("2024", periods=40, freq="D"))
TEXTS = ["abba", "cab", "back", "bab"]
ROLLS = [(np.arange(20.0).reshape(4, 5) % (3 + n) == 0).astype(float) for n in range(4)]
NUMBERS = [np.sin(np.arange(4.0 + n))[:, None] for n in range(4)]
TRAINING = {"epochs": 1, "random_state": 0}
STEPS = {
    "auto": X[:, :, 0] > 0,
    "multiclass": X[:, :, 0] > 0,
    "multilabel": (X > 0).astype(int),
    "continuous": X[:, :, 0],
}
GENERATED = {
    "auto": TEXTS,
    "characters": TEXTS,
    "words": ["a b a", "b a"],
    "tokens": [list("abba"), list("cab")],
    "piano_roll": ROLLS,
}
PAIRS = {
    "auto": TEXTS,
    "characters": TEXTS,
    "words": ["a b a", "b a", "a a", "b b"],
    "tokens": [list(text) for text in TEXTS],
    "values": NUMBERS,
    "vector": np.arange(8.0).reshape(4, 2),
}


def choices():
    """Yield a class, a parameter and a choice for each that is declared, once."""
    seen = set()
    named = [getattr(skrnn, name) for name in skrnn.__all__]
    for kind in [*networks.BY_NAME.values(), *named]:
        if not (isinstance(kind, type) and issubclass(kind, Parametrized)):
            continue
        for name, declared in kind._parameters.items():
            for choice in declared.domain.options:
                if (id(declared), choice) not in seen:
                    seen.add((id(declared), choice))
                    yield pytest.param(kind, name, choice, id=f"{kind.__name__}-{name}-{choice}")


def outputs_of(kind, name, choice):
    """Return numbers that a fit with one choice of a parameter ends in."""
    if issubclass(kind, networks.Network) and not hasattr(kind, "fit"):
        width = {"width": 2} if kind is networks.Transformer else {}
        width = width or {next(key for key in ("units", "filters") if key in kind._parameters): 2}
        model = skrnn.SequenceRegressor(network=kind(**width, **{name: choice}), **TRAINING)
        return model.fit(X, LAST).predict(X)
    return FITS[kind.__name__](kind, {name: choice})


NUMERIC = ("mse", "mean_squared_error", "mae", "mean_absolute_error", "huber", "log_cosh")


def regressed(kind, how):
    labels = LAST > 0 if kind.__name__.endswith("Classifier") else LAST
    width = {"filters": 2} if kind.__name__.startswith("TCN") else {"units": 2}
    width = {} if kind.__name__.startswith("Sequence") else width
    given = X.transpose(0, 2, 1) if how.get("layout") == "channels_first" else X
    model = kind(**width, **TRAINING, **how).fit(given, labels)
    found = model.predict_proba(given) if hasattr(model, "predict_proba") else model.predict(given)
    return found[:, -1] if found.ndim > 1 else found


def labeled(kind, how):
    model = (
        kind(network=networks.GRU(units=2), **TRAINING)
        if "network" not in how
        else kind(**TRAINING)
    )
    if "loss" in how:
        numeric = "continuous" if how["loss"] in NUMERIC else "multiclass"
        how = how | {"target_type": "multilabel" if how["loss"].startswith("binary") else numeric}
    model.set_params(**how).fit(X, STEPS[how.get("target_type", "auto")])
    return np.concatenate(model.predict(X)).astype(float).ravel()[:3] + 1


def forecast(kind, how):
    how = {"time_features": (how["time_features"],)} if "time_features" in how else how
    width = {"filters": 2} if kind.__name__.startswith("TCN") else {"units": 2}
    width = {} if kind.__name__.startswith("Sequence") else width
    return kind(window_length=4, **width, **TRAINING, **how).fit(SERIES, fh=[1, 2]).predict()


def detected(kind, how):
    kind = kind(**({} if "network" in how else {"network": networks.GRU(units=2)}), **TRAINING)
    if how.get("network") in ("conv", "lite", "inception", "dense", "transformer"):  # look ahead
        how = how | {"method": "reconstruction"}
    given = X.transpose(0, 2, 1) if how.get("layout") == "channels_first" else X
    return kind.set_params(window_length=3, **how).fit(given).score_samples(given)


def generated(kind, how):
    data = GENERATED[how.get("input_type", "auto")]
    small = {} if "network" in how else {"network": networks.GRU(units=2)}
    return [kind(**small, **TRAINING, **how).fit(data).score(data)]


def translated(kind, how):
    source, target = (PAIRS[how.get(side, "auto")] for side in ("input_type", "target_type"))
    how = {"network": networks.GRU(units=2)} | how
    model = kind(embedding_dim=2, max_length=4, **TRAINING, **how)
    return [model.fit(source, target).history_["loss"][-1]]


def scaled(kind, how):
    return kind(**how).fit_transform(X)


def tokenized(kind, how):
    return kind(**how).fit_transform(["a lovely film", "a dull café film"])


def windowed(kind, how):
    return kind(2, **how).fit(SERIES.to_frame()).transform(SERIES.to_frame()).lengths


FITS = {
    "SequenceLabeler": labeled,
    "SequenceAnomalyDetector": detected,
    "SequenceGenerator": generated,
    "SequenceTranslator": translated,
    "SequenceScaler": scaled,
    "TokenSequences": tokenized,
    "SlidingWindow": windowed,
}
FITS |= {
    name: forecast if name.endswith("Forecaster") else regressed
    for name in skrnn.__all__
    if name.endswith(("Forecaster", "Regressor", "Classifier"))
}


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*max_length.*:UserWarning")
@pytest.mark.parametrize(("kind", "name", "choice"), list(choices()))
def test_a_declared_choice_is_fitted(kind, name, choice):
    outputs = np.asarray(outputs_of(kind, name, choice), dtype=float)
    assert np.isfinite(outputs).all()
    assert outputs.any()


def test_the_choices_are_found():
    found = {(case.values[0].__name__, *case.values[1:]) for case in choices()}
    assert len(found) > 70
    assert ("GRUClassifier", "optimizer", "lamb") in found
    assert ("SequenceScaler", "method", "robust") in found


def test_an_optimizer_by_name_is_that_of_keras():
    import keras

    for name, instance in (("lamb", keras.optimizers.Lamb()), ("adamw", keras.optimizers.AdamW())):
        fits = [
            skrnn.GRURegressor(units=2, optimizer=optimizer, **TRAINING).fit(X, LAST)
            for optimizer in (name, instance)
        ]
        np.testing.assert_array_equal(fits[0].predict(X), fits[1].predict(X))
