"""ONNX files: their inputs and outputs, and what is refused."""

import inspect
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from keras import ops
from sklearn.exceptions import NotFittedError
from sktime.exceptions import NotFittedError as NotFittedForecasterError

import skrnn
from skrnn import make_windows
from skrnn.networks import layers
from skrnn.numpy_runtime import cells, centering, differences, linear, pooling
from skrnn.onnx_export import keras_model, stages

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 6, 2)).astype("float32")
Y = X[:, -1, 0]
SETTINGS = {"epochs": 1, "random_state": 0}


def shapes(path):
    """Return the shapes of inputs and outputs of a file by name."""
    session = onnxruntime.InferenceSession(path)
    return {one.name: one.shape for one in (*session.get_inputs(), *session.get_outputs())}


def test_inputs_have_lengths_if_sequences_have(tmp_path):
    path = tmp_path / "model.onnx"
    model = skrnn.GRUClassifier(units=2, **SETTINGS).fit(X, Y > 0)
    model.to_onnx(path)
    assert shapes(path) == {
        "X": ["n_samples", 6, 2],
        "label": ["n_samples"],
        "probabilities": ["n_samples", 2],
    }
    model.fit([X[0, :4], *X[1:]], Y > 0).to_onnx(path)
    assert shapes(path)["X"] == ["n_samples", "n_steps", 2]
    assert shapes(path)["lengths"] == ["n_samples"]


def test_windows_may_be_shorter(tmp_path):
    windows, y = make_windows(RNG.normal(size=(40, 2)).astype("float32"), window_length=5)
    model = skrnn.GRURegressor(units=2, linear_skip=False, **SETTINGS).fit(windows, y[:, 0])
    model.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    parts = [np.asarray(windows)[0, :3], np.asarray(windows)[1]]
    padded = np.zeros((2, 5, 2), "float32")
    padded[0, :3], padded[1] = parts
    given = {"X": padded, "lengths": np.array([3, 5], "int32")}
    (found,) = session.run(None, given)
    assert np.allclose(found, model.predict(parts), atol=1e-5)


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (np.where(Y > 0, "a", "b"), "tensor(string)"),
        ((Y > 0).astype("int8") * 9 - 4, "tensor(int64)"),
        (Y > 0, "tensor(bool)"),
    ],
)
def test_labels_keep_their_kind(y, kind, tmp_path):
    model = skrnn.RNNClassifier(units=2, **SETTINGS).fit(X, y)
    model.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert session.get_outputs()[0].type == kind
    label, _ = session.run(None, {"X": X})
    assert (label == model.predict(X)).all()


def test_a_file_names_its_estimator_and_its_writer(tmp_path):
    skrnn.RNNRegressor(units=2, **SETTINGS).fit(X, Y).to_onnx(tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    assert model.doc_string == "RNNRegressor"
    assert (model.producer_name, model.producer_version) == ("skrnn", "0.2.0")
    onnx.checker.check_model(model, full_check=True)


# ------------------------------------------------------------------ networks of one's own


def of_our_layers(inputs, lengths):
    """Return features by layers of the package."""
    hidden = layers.Dense(3, activation="tanh")(inputs)
    return layers.pool("mean", layers.GRU(2, return_sequences=True, seed=0)(hidden), lengths)


def of_an_operation(inputs, lengths):
    """Return features by an operation of Keras."""
    return ops.mean(inputs, axis=1)


def of_a_setting(inputs, lengths):
    """Return features by a layer with a setting that no network of the package has."""
    return layers.pool("last", layers.Dense(3, activation="gelu")(inputs), lengths)


def test_a_network_of_ones_own_with_our_layers_is_written(tmp_path):
    model = skrnn.SequenceRegressor(network=of_our_layers, **SETTINGS).fit(X, Y)
    model.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (found,) = session.run(None, {"X": X})
    assert np.allclose(found, model.predict(X), atol=1e-5)


@pytest.mark.parametrize(
    ("network", "what"),
    [(of_an_operation, "layer or operation .*Mean"), (of_a_setting, "activation function gelu")],
)
def test_other_networks_are_refused_with_what_to_do(network, what, tmp_path):
    model = skrnn.SequenceRegressor(network=network, **SETTINGS).fit(X, Y)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"as before")
    with pytest.raises(
        ValueError, match=f"the network has the {what}.*Export the network by Keras"
    ):
        model.to_onnx(path)
    assert path.read_bytes() == b"as before"


#: Layers of translators, and of training on chunks, which no file has.
ONLY_ELSEWHERE = {"Attend", "ConcatenateToSteps", "StatefulRNN", "StepsAfter"}


def test_every_layer_and_every_stage_can_be_written(tmp_path):
    skrnn.RNNRegressor(units=2, **SETTINGS).fit(X, Y).to_onnx(tmp_path / "model.onnx")
    kinds = [kind for kind in vars(layers).values() if inspect.isclass(kind)]
    names = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in kinds}
    names -= {f"skrnn.{name}" for name in ONLY_ELSEWHERE}
    assert len(names) > 30
    assert not names - set(keras_model._CONVERTERS)
    modules = (cells, centering, differences, linear, pooling)
    kinds = {kind for module in modules for kind in vars(module).values() if inspect.isclass(kind)}
    own = {kind.__name__ for kind in kinds if issubclass(kind, cells.Stage)}
    abstract = {"Stage", "Cell", "Composite"}
    assert not own - abstract - set(stages._CONVERTERS) - set(stages._RECURRENT)


# ------------------------------------------------------------------ errors


def test_an_estimator_has_to_be_fitted(tmp_path):
    with pytest.raises(NotFittedError):
        skrnn.GRURegressor().to_onnx(tmp_path / "model.onnx")
    with pytest.raises(NotFittedForecasterError):
        skrnn.GRUForecaster().to_onnx(tmp_path / "model.onnx")


def test_a_path_is_one(tmp_path):
    model = skrnn.RNNRegressor(units=2, **SETTINGS).fit(X, Y)
    with pytest.raises(TypeError, match=r"path=3 was given; give the path of the file"):
        model.to_onnx(3)
    with pytest.raises(FileNotFoundError):
        model.to_onnx(tmp_path / "none" / "model.onnx")


def test_without_the_package_the_extra_is_named(monkeypatch, tmp_path):
    model = skrnn.RNNRegressor(units=2, **SETTINGS).fit(X, Y)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'skrnn\[onnx\]'"):
        model.to_onnx(tmp_path / "model.onnx")
