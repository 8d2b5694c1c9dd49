"""Errors say what was given and what to do, and leave the estimator unchanged."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import skrnn
from tests.conftest import ESTIMATORS, make, targets

GENERATOR = np.random.default_rng(0)
TABLE = GENERATOR.normal(size=(8, 5))
CUBE = GENERATOR.normal(size=(8, 5, 2))
RAGGED = [GENERATOR.normal(size=(n, 2)) for n in (3, 4, 5, 6, 3, 4, 5, 6)]
WITH_NAN = np.where(np.arange(80).reshape(8, 5, 2) == 31, np.nan, CUBE)


def needs_no_lengths(inputs):
    from keras import layers

    return layers.Dense(2)(inputs[:, -1])


BAD_X = {
    "empty": (np.empty((0, 5)), "0 sample"),
    "empty list": ([], "0 sample|Expected 2D|at least one"),
    "no steps": (np.empty((8, 0, 2)), "no steps|minimum of 1"),
    "one-dimensional": (TABLE[:, 0], "Reshape your data"),
    "four-dimensional": (np.zeros((8, 2, 2, 2)), "X has 4 dimensions; sequences have"),
    "columns in another order": (
        [pd.DataFrame(CUBE[0], columns=["a", "b"])] * 7
        + [pd.DataFrame(CUBE[0], columns=["b", "a"])],
        r"sequence 7 of X has the columns \['b', 'a'\]",
    ),
    "rows of different length": ([[1.0, 2.0], [1.0]] * 4, r"list of\s+arrays"),
    "univariate sequences as rows": ([TABLE[0], TABLE[1, :3]] * 4, r"\(n_steps, 1\)"),
    "ragged width": ([*RAGGED[:7], np.zeros((3, 3))], r"\[2, 3\] features"),
    "empty sequence": ([*RAGGED[:7], np.zeros((0, 2))], "sequence 7 of X is empty"),
    "NaN": (WITH_NAN, 'sequence 3.*missing="mask"'),
    "infinity": (np.where(np.isnan(WITH_NAN), np.inf, WITH_NAN), "infinity: sequence 3"),
    "complex": (TABLE + 1j, "Complex data not supported"),
    "sparse": (sparse.csr_array(TABLE), "[Ss]parse"),
    "strings": (np.full((8, 5), "a"), "could not convert string|numeric"),
    "panel out of order": (
        pd.DataFrame(np.zeros((16, 2)), index=pd.MultiIndex.from_product([range(8), [1, 0]])),
        "do not rise",
    ),
    "panel with a key that is missing": (
        pd.DataFrame(
            np.zeros((16, 2)), index=pd.MultiIndex.from_product([[*range(7), None], [0, 1]])
        ),
        r"2 rows of X have no name of their instance: .* first in row 14; name",
    ),
}


@pytest.mark.parametrize("case", BAD_X)
@pytest.mark.parametrize("fitted", [False, True])
def test_bad_x_at_fit(case, fitted):
    X, message = BAD_X[case]
    model = make("GRURegressor")
    if fitted:
        model.fit(CUBE, CUBE[:, -1, 0])
    before = dict(vars(model))
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, np.arange(8.0))
    assert vars(model) == before


BAD_AT_PREDICT = {
    "other steps": (CUBE[:, :4], "X has 4 steps but GRURegressor was fitted with 5"),
    "other features": (CUBE[:, :, :1], "X has 1 features, but GRURegressor is expecting 2"),
    "ragged": (RAGGED, "X has 3 to 6 steps but GRURegressor was fitted with 5"),
    "two-dimensional": (TABLE, "X has 5 features, but GRURegressor is expecting 2"),
}


@pytest.mark.parametrize("case", BAD_AT_PREDICT)
def test_bad_x_at_predict(case):
    X, message = BAD_AT_PREDICT[case]
    model = make("GRURegressor").fit(CUBE, CUBE[:, -1, 0])
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.predict(X)
    assert vars(model) == before


@pytest.mark.parametrize("name", ["GRURegressor", "GRUClassifier"])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.arange(7) % 2, r"\[8, 7\]"),
        (None, "requires y to be passed"),
        (np.array([0, 1] * 3 + [0, np.nan]), "NaN"),
        (np.array([0, 1] * 3 + [0, np.inf]), "infinity"),
    ],
)
def test_bad_y(name, y, message):
    model = make(name)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(CUBE, y)
    assert vars(model) == before


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("learning_rate", -1),
        ("learning_rate", "fast"),
        ("batch_size", 0),
        ("optimizer", "adamm"),
        ("learning_rate_schedule", "linear"),
        ("validation", "first"),
        ("missing", "drop"),
        ("layout", "nchw"),
        ("loss", "hinge"),
        ("random_state", "seed"),
        ("callbacks", [1]),
    ],
)
def test_an_unknown_value_is_refused_at_fit(name, parameter, value):
    model = make(name).set_params(**{parameter: value})
    with pytest.raises(
        ValueError, match=f"{parameter}={value!r} was given to {name}".replace("[", r"\[")
    ):
        model.fit(CUBE, targets(name, CUBE))
    assert not hasattr(model, "weights_")


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("LSTMRegressor", "units", 0),
        ("LSTMRegressor", "units", ()),
        ("LSTMRegressor", "dropout", 1.0),
        ("LSTMRegressor", "pooling", "first"),
        ("TCNRegressor", "n_blocks", "many"),
        ("TCNClassifier", "class_weight", "equal"),
        ("SequenceRegressor", "network", "resnet"),
        ("SequenceRegressor", "network", skrnn.networks.GRU),
        ("SequenceRegressor", "network", skrnn.networks.GRU(units=-1)),
    ],
)
def test_an_unknown_network_value_is_refused_at_fit(name, parameter, value):
    with pytest.raises(ValueError, match=r"was given to \w+, which accepts"):
        make(name, **{parameter: value}).fit(CUBE, targets(name, CUBE))


def test_a_kernel_shorter_than_its_stride_is_refused():
    model = make("GRURegressor", conv_filters=2, conv_kernel_size=2, conv_strides=3)
    with pytest.raises(ValueError, match="steps would be skipped"):
        model.fit(CUBE, CUBE[:, -1, 0])


@pytest.mark.parametrize("network", [needs_no_lengths, "dense"])
def test_a_network_that_ignores_lengths_refuses_ragged_data(network):
    model = make("SequenceRegressor", network=network)
    with pytest.raises(ValueError, match=r"3 to 6 steps.*ignores lengths"):
        model.fit(RAGGED, np.arange(8.0))


def test_a_network_that_does_not_pool_is_refused():
    model = make("SequenceRegressor", network=lambda inputs, lengths: inputs)
    with pytest.raises(ValueError, match="one vector for each sequence"):
        model.fit(CUBE, np.arange(8.0))


def test_columns_that_do_not_divide_into_channels():
    with pytest.raises(ValueError, match="5 columns, which is not a multiple of n_channels=2"):
        make("GRURegressor", n_channels=2).fit(TABLE, np.arange(8.0))


def test_weights_that_are_all_zero():
    with pytest.raises(ValueError, match=r"at least one (non-zero|sequence)"):
        make("GRURegressor").fit(CUBE, np.arange(8.0), sample_weight=np.zeros(8))
    with pytest.raises(ValueError, match=r"accepts .* a weight > 0"):
        make("GRUClassifier", class_weight={0: 0, 1: 1}).fit(CUBE, np.arange(8) % 2)


def test_a_weight_below_zero():
    with pytest.raises(ValueError, match="Negative values"):
        make("GRURegressor").fit(CUBE, np.arange(8.0), sample_weight=np.r_[-1, np.ones(7)])


@pytest.mark.parametrize("alone", ["X_val", "y_val"])
def test_half_of_the_validation_data(alone):
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        make("GRURegressor").fit(CUBE, np.arange(8.0), **{alone: CUBE})


def test_a_loss_of_the_whole_batch():
    from keras import ops

    model = make("GRURegressor", loss=lambda y, output: ops.mean((y - output) ** 2))
    with pytest.raises(ValueError, match=r"one for each\s+sequence"):
        model.fit(CUBE, np.arange(8.0))


def test_a_loss_of_probabilities():
    from keras.losses import CategoricalCrossentropy

    with pytest.raises(ValueError, match="pass from_logits=True"):
        make("GRUClassifier", loss=CategoricalCrossentropy()).fit(CUBE, np.arange(8) % 2)
    model = make("GRUClassifier", loss=CategoricalCrossentropy(from_logits=True))
    by_name = make("GRUClassifier", label_smoothing=0).fit(CUBE, np.arange(8) % 2)
    by_object = model.fit(CUBE, np.arange(8) % 2)
    np.testing.assert_allclose(
        by_object.predict_proba(CUBE), by_name.predict_proba(CUBE), atol=1e-6
    )


def test_a_label_that_the_first_batch_did_not_announce():
    model = make("GRUClassifier").partial_fit(CUBE, np.arange(8) % 2)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=r"labels .*2.* not among the\s+classes"):
        model.partial_fit(CUBE, np.arange(8) % 3)
    assert vars(model) == before


def test_labels_of_several_outputs_point_to_the_cure():
    with pytest.raises(ValueError, match="MultiOutputClassifier"):
        make("GRUClassifier").fit(CUBE, np.zeros((8, 2), int))


def test_a_loss_that_is_not_finite_names_the_epoch_and_remedies():
    model = make("GRURegressor", loss=lambda y, output: (output - y)[:, 0] * np.inf)
    with pytest.raises(FloatingPointError, match="in epoch 1; try a smaller learning_rate"):
        model.fit(CUBE, CUBE[:, -1, 0])
    assert not hasattr(model, "weights_")


FIT = "import numpy as np, skrnn; skrnn.GRURegressor(epochs=1).fit(np.zeros((4, 3)), np.arange(4))"
HIDE = """
import importlib.util
find = importlib.util.find_spec
hidden = ("jax", "torch", "tensorflow")
importlib.util.find_spec = lambda name, *a: None if name in hidden else find(name, *a)
"""


@pytest.mark.parametrize(
    ("script", "backend", "message"),
    [
        (FIT, "numpy", "backend is 'numpy', which cannot train"),
        (HIDE + FIT, None, "no Keras backend is installed; install one of jax"),
    ],
)
def test_without_a_backend_that_trains(script, backend, message, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(tmp_path)} | ({"KERAS_BACKEND": backend} if backend else {})
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert message in run.stderr
    assert "BackendError" in run.stderr


def test_a_backend_error_is_a_value_error():
    from skrnn._backend import BackendError

    assert issubclass(BackendError, ValueError)
