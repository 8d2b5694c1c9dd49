"""Objects that are not targets are refused with a clear error."""

import numpy as np
import pandas as pd
import pytest

from skrnn import GRUClassifier, GRURegressor, SequenceLabeler, networks

X = np.random.default_rng(0).normal(size=(6, 5, 2))
PANEL = pd.concat({f"i{n}": pd.DataFrame(x, columns=["a", "b"]) for n, x in enumerate(X)})
SMALL = {"epochs": 1, "random_state": 0}


def labeler():
    return SequenceLabeler(network=networks.GRU(units=2), **SMALL)


@pytest.mark.parametrize("dtype", [float, object, "U3", "M8[ns]"])
@pytest.mark.parametrize("model", [GRUClassifier(units=2, **SMALL), GRURegressor(units=2, **SMALL)])
def test_targets_that_are_none_are_too_few(model, dtype):
    with pytest.raises(ValueError, match=r"samples: \[6, 0\]|0 sample"):
        model.fit(X, np.empty(0, dtype=dtype))


@pytest.mark.parametrize("y", [5, "much", np.array(3.0), np.array("much")])
def test_one_target_beside_many_steps_is_too_few(y):
    with pytest.raises(ValueError, match="y has 1 rows and X 30; each step needs a target"):
        labeler().fit(PANEL, y)
    with pytest.raises(ValueError, match="y has targets for 1 sequences, and X has 6"):
        labeler().fit(X, y)


@pytest.mark.parametrize(("given", "shape"), [(X, (6, 5, 0)), (PANEL, (30, 0)), (list(X), None)])
def test_steps_with_no_columns_have_no_target(given, shape):
    y = [np.empty((5, 0))] * 6 if shape is None else np.empty(shape)
    with pytest.raises(ValueError, match="y has columns for 0 targets at each step"):
        labeler().fit(given, y)


def test_numbers_beyond_integers_are_distinguished_from_labels_without_a_warning():
    y = np.array([1e300, 1.0, 2.0, 1.0, 2.0, 1.0])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        GRUClassifier(units=2, **SMALL).fit(X, y)
    model = labeler().fit(X, np.repeat(y[:, None], 5, axis=1))
    assert model.target_type_ == "continuous"
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([1.0], r"\[1.0\], of type list"),
        (object, ".*, of type type"),
        (10**400, "1000.*, of type int"),
    ],
)
def test_an_object_among_numbers_is_shown(value, what):
    spoilt = X.astype(object)
    spoilt[2, 1, 0] = value
    with pytest.raises((TypeError, ValueError), match=f"X holds {what}, where numeric values are"):
        GRURegressor(units=2, **SMALL).fit(spoilt, X[:, -1, 0])


@pytest.mark.parametrize("y", ["texts", 1j, b"1", {"a": 1.0}, ["a"] * 6, object])
def test_invalid_weights_are_refused_by_name(y):
    with pytest.raises(
        (ValueError, TypeError), match=r"sample_weight (holds|is) |class object was given"
    ):
        GRURegressor(units=2, **SMALL).fit(X, X[:, -1, 0], sample_weight=y)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_no_target_of_a_step(value, columns):
    y = np.random.default_rng(0).normal(size=(6, 5, columns))
    y[2, 3, 0] = value
    for given in (y, y.astype(object), y[..., 0], list(y)):
        with pytest.raises(ValueError, match="y contains infinity"):
            labeler().fit(X, given)
