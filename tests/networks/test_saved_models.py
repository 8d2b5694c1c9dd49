"""Models from ``to_keras`` are saved, loaded by another process, and exported."""

import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import skrnn
import skrnn.networks.layers
from skrnn import networks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5, 2))
LAST = X[:, -1, 0]
RAGGED = [x[: 3 + n % 3] for n, x in enumerate(X)]
TEXTS = RNG.integers(1, 6, size=(6, 5))
SERIES = np.sin(np.arange(30.0))
SETTINGS = {"epochs": 1, "random_state": 0}
POOLED = [
    networks.GRU(units=2, pooling=pooling) for pooling in ("last", "mean", "max", "attention")
]
STACKS = [
    networks.RNN(units=2, initial_state="learned"),
    networks.LSTM(units=(3, 2), dropout=0.1, layer_norm=True),
    networks.GRU(units=2, conv_filters=2, conv_strides=2, recurrent_dropout=0.1),
    networks.GRU(units=2, bidirectional=True),
    networks.MinGRU(units=2, n_layers=2, initial_state="learned", recurrent_dropout=0.1),
    networks.SLSTM(units=2, bidirectional=True, recurrent_dropout=0.1),
    networks.TCN(filters=2, n_blocks=2, dropout=0.1, layer_norm=True),
    networks.TCN(filters=2, n_blocks=2, pooling="mean"),
    networks.Conv(filters=(2, 3), kernel_size=3, dropout=0.1),
    networks.LITE(filters=2, kernel_size=4, dropout=0.1),
    networks.Inception(filters=2, kernel_size=4, n_blocks=1, dropout=0.1),
    networks.Dense(units=(3, 2)),
    networks.Transformer(width=4, n_layers=1, feedforward=4, dropout=0.1),
]
FORECASTERS = [
    {"strategy": "direct"},
    {"strategy": "recursive", "normalization": "last"},
    {"strategy": "seq2seq", "loss": "gaussian"},
    {"loss": "quantile", "segment_length": 3, "differences": (1, 4), "time_features": (4,)},
    {"loss": "student_t", "channel_independent": True},
]


def few_fitted_models():
    """Yield a name and a fitted estimator for some kinds."""
    network = networks.GRU(units=2, bidirectional=True, pooling="attention")
    model = skrnn.SequenceRegressor(network=network, **SETTINGS)
    yield "regressor", model.fit(X, LAST)
    masked = skrnn.TCNClassifier(filters=2, missing="mask", **SETTINGS)
    yield "classifier that masks", masked.fit(RAGGED, LAST > 0)
    forecaster = skrnn.GRUForecaster(units=2, window_length=6, **FORECASTERS[2], **SETTINGS)
    yield "forecaster", forecaster.fit(SERIES, fh=[1, 2])


def fitted_models():
    """Yield a name and a fitted estimator for each layer and each task that there is."""
    for network in [*POOLED, *STACKS]:
        model = skrnn.SequenceRegressor(network=network, **SETTINGS)
        yield f"regressor of {network}", model.fit(X, LAST)
    text = skrnn.LSTMClassifier(units=2, embedding_dim=3, dropout=0.1, **SETTINGS)
    yield "classifier of texts", text.fit(TEXTS, LAST > 0)
    labels = [x[:, 0] > 0 for x in RAGGED]
    yield "labeler", skrnn.SequenceLabeler(**SETTINGS).fit(RAGGED, labels)
    carrying = skrnn.SequenceLabeler(causal=True, bptt_length=2, **SETTINGS)
    yield "labeler of pieces", carrying.fit(RAGGED, labels)
    for method in ("forecast", "reconstruction"):
        detector = skrnn.SequenceAnomalyDetector(method=method, window_length=3, **SETTINGS)
        yield f"detector by {method}", detector.fit(X)
    yield "generator", skrnn.SequenceGenerator(**SETTINGS).fit(["abba", "cab", "back"])
    for how in FORECASTERS:
        forecaster = skrnn.GRUForecaster(units=2, window_length=6, **how, **SETTINGS)
        yield f"forecaster, {how}", forecaster.fit(SERIES, fh=[1, 2])


def save(folder, fitted):
    """Save models in a folder, with the inputs and outputs of each."""
    known = {}
    for number, (name, estimator) in enumerate(fitted):
        model = estimator.to_keras()
        model.save(folder / f"{number}.keras")
        known[number] = name, *example_of(model)
    (folder / "known.pickle").write_bytes(pickle.dumps(known))


def example_of(model):
    """Return inputs for a model, and its outputs."""
    sequences, lengths = (tuple(tensor.shape) for tensor in model.inputs)
    shape = 3, sequences[1] or 6, sequences[2]
    whole = any(type(layer).__name__ == "Embedding" for layer in model.layers)
    steps = RNG.integers(0, 5, size=shape) if whole else RNG.normal(size=shape)
    given = [steps.astype(np.float32), np.array([shape[1], 2, 1][: shape[0]], dtype=np.int32)]
    assert lengths == (None,)
    return given, keras.ops.convert_to_numpy(model(given))


LOAD = """
import pickle, sys
from pathlib import Path
{imports}
folder = Path(sys.argv[1])
outputs = {{
    number: keras.ops.convert_to_numpy(
        keras.saving.load_model(folder / f"{{number}}.keras")(given)
    )
    for number, (name, given, _) in pickle.loads((folder / "known.pickle").read_bytes()).items()
}}
sys.stdout.buffer.write(pickle.dumps(outputs))
"""


def assert_another_process_gets_the_same_outputs(saved, order):
    process = subprocess.run(
        [sys.executable, "-c", LOAD.format(imports=order), str(saved)],
        env=os.environ
        | {"KERAS_BACKEND": keras.backend.backend()}
        | {"PYTHONPATH": str(Path(skrnn.__file__).parent.parent)},
        capture_output=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr.decode()
    outputs = pickle.loads(process.stdout)
    known = pickle.loads((saved / "known.pickle").read_bytes())
    for number, (name, _, expected) in known.items():
        assert expected.any(), name
        np.testing.assert_allclose(outputs[number], expected, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def few_saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    save(folder, few_fitted_models())
    return folder


@pytest.mark.long
@pytest.mark.parametrize("order", ["import skrnn, keras", "import keras, skrnn"])
def test_another_process_loads_a_model_and_gets_the_same_outputs(few_saved, order):
    assert_another_process_gets_the_same_outputs(few_saved, order)


@pytest.mark.long
def test_every_kind_of_model_is_loaded_by_another_process(tmp_path):
    save(tmp_path, fitted_models())
    assert_another_process_gets_the_same_outputs(tmp_path, "import skrnn, keras")


def test_every_layer_is_registered_by_its_name():
    own = [
        kind
        for module in vars(networks.layers).values()
        if inspect.ismodule(module)
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, keras.layers.Layer)
        if kind.__module__ == module.__name__ and kind.__name__ != "StatefulRNN"  # training alone
    ]
    assert len(own) > 20
    for kind in own:
        name = f"skrnn>{kind.__name__}"
        assert keras.saving.get_registered_object(name) is kind


@pytest.mark.parametrize("length", [None, 5])
def test_a_model_has_been_called_as_the_exports_of_keras_ask(length):
    network = networks.Dense(units=2) if length else networks.GRU(units=2)
    model = skrnn.SequenceRegressor(network=network, **SETTINGS).fit(X, LAST)
    assert model.to_keras()._called


# ------------------------------------------------------------------ raw units

RAW = 5 + 100 * X
RAW_RAGGED = [x[: 3 + n % 3] for n, x in enumerate(RAW)]
PADDED = np.stack([np.pad(x, ((0, 5 - len(x)), (0, 0))) for x in RAW_RAGGED])
LENGTHS = np.array([len(x) for x in RAW_RAGGED])
KINDS = {
    "regressor": (skrnn.GRURegressor(units=2, **SETTINGS), 1000 + LAST),
    "two targets, one constant": (
        skrnn.LSTMRegressor(units=2, bidirectional=True, **SETTINGS),
        np.stack([LAST, np.full(6, 7.5)], axis=1),
    ),
    "classifier": (skrnn.TCNClassifier(filters=2, **SETTINGS), np.where(LAST > 0, "up", "down")),
    "unscaled": (skrnn.RNNRegressor(units=2, scale_input=False, **SETTINGS), LAST),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_in_raw_units_predicts_as_the_estimator(kind, tmp_path):
    model, y = KINDS[kind]
    model.fit(RAW_RAGGED, y)
    is_classifier = hasattr(model, "predict_proba")
    expected = model.predict_proba(RAW_RAGGED) if is_classifier else model.predict(RAW_RAGGED)
    exported = model.to_keras(scaled=False)
    exported.save(tmp_path / "model.keras")
    for one in (exported, keras.saving.load_model(tmp_path / "model.keras")):
        found = one.predict([PADDED, LENGTHS], verbose=0).reshape(expected.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_labels_and_features_at_each_step_in_raw_units():
    network = networks.GRU(units=2)
    for target in (RAW[:, :, 0] > 5, RAW[:, :, 0]):
        model = skrnn.SequenceLabeler(network=network, **SETTINGS).fit(RAW, target)
        has_classes = hasattr(model, "predict_proba")
        expected = model.predict_proba(RAW) if has_classes else model.predict(RAW)
        found = model.to_keras(scaled=False).predict([RAW, np.full(6, 5)], verbose=0)
        np.testing.assert_allclose(np.ravel(found), np.ravel(expected), rtol=1e-4, atol=1e-5)


def test_raw_units_of_masked_values_are_refused():
    model = skrnn.GRURegressor(units=2, missing="mask", **SETTINGS).fit(X, LAST)
    with pytest.raises(ValueError, match="export with scaled=True"):
        model.to_keras(scaled=False)


def test_the_scaling_of_inputs_and_targets_is_shown_and_cannot_be_changed():
    model = skrnn.GRURegressor(units=2, **SETTINGS).fit(RAW, 1000 + LAST)
    rows = RAW.reshape(-1, 2)
    np.testing.assert_allclose(model.input_scaling_.center, rows.mean(axis=0))
    np.testing.assert_allclose(model.input_scaling_.scale, rows.std(axis=0))
    np.testing.assert_allclose(model.target_scaling_.center, [1000 + LAST.mean()])
    np.testing.assert_allclose(model.target_scaling_.scale, [LAST.std()])
    outputs = model.to_keras().predict(
        [(RAW - model.input_scaling_.center) / model.input_scaling_.scale, np.full(6, 5)], verbose=0
    )
    np.testing.assert_allclose(
        model.target_scaling_.inverse_transform(outputs)[:, 0], model.predict(RAW), rtol=1e-5
    )
    with pytest.raises(ValueError, match="read-only"):
        model.input_scaling_.center[0] = 0.0
    assert not hasattr(skrnn.GRUClassifier(units=2, **SETTINGS).fit(X, LAST > 0), "target_scaling_")
