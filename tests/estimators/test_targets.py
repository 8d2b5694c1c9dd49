"""Labels and numbers are decoded unchanged, and classes have the weights that are given."""

import numpy as np
import pytest
from sklearn.base import clone

from tests.conftest import make


def test_a_sequence_of_weight_zero_takes_no_part_in_balancing(cube):
    labels = np.repeat([0, 1], [12, 12])
    weights = np.r_[np.zeros(6), np.ones(18)]
    model = make("GRUClassifier", class_weight="balanced", batch_size=None)
    without = clone(model).fit(cube[6:], labels[6:])
    with_zeros = clone(model).fit(cube, labels, sample_weight=weights)
    np.testing.assert_allclose(with_zeros.predict_proba(cube), without.predict_proba(cube))


def test_a_class_alone_is_predicted_for_certain(cube):
    model = make("LSTMClassifier").fit(cube, ["only"] * 24)
    assert set(model.predict(cube)) == {"only"}
    np.testing.assert_array_equal(model.predict_proba(cube), np.ones((24, 1)))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([-1, 5, 7]),
        np.array([True, False, True]),
        np.array([1.0, 2.0, 3.0]),
    ],
)
def test_labels_come_back_as_they_were(cube, labels):
    y = np.tile(labels, 8)
    model = make("GRUClassifier").fit(cube, y)
    assert model.predict(cube).dtype == model.classes_.dtype == y.dtype
    assert set(model.classes_) == set(labels)


@pytest.mark.parametrize("dtype", ["Int64", "category", "string", "boolean"])
def test_pandas_labels_keep_their_kind(cube, dtype):
    import pandas as pd

    values = [True, False] if dtype == "boolean" else [1, 2]
    y = pd.Series(np.tile(values, 12)).astype(dtype)
    expected = {"Int64": int, "category": int, "string": str, "boolean": bool}[dtype]
    assert all(
        isinstance(v, expected) for v in make("GRUClassifier").fit(cube, y).classes_.tolist()
    )


def test_class_weight_moves_the_predictions(cube):
    y = np.arange(24) % 2
    even = make("GRUClassifier", epochs=30).fit(cube, y).predict_proba(cube)[:, 1].mean()
    to_one = make("GRUClassifier", epochs=30, class_weight={0: 1, 1: 50}).fit(cube, y)
    assert to_one.predict_proba(cube)[:, 1].mean() > even + 0.1


def test_balanced_weights_equal_weights_by_hand(cube):
    y = np.repeat([0, 1], [18, 6])
    by_name = make("GRUClassifier", class_weight="balanced").fit(cube, y)
    by_hand = make("GRUClassifier").fit(cube, y, sample_weight=np.where(y == 0, 24 / 36, 2.0))
    np.testing.assert_allclose(by_name.predict_proba(cube), by_hand.predict_proba(cube), atol=1e-6)


@pytest.mark.parametrize("shape", [(24,), (24, 1), (24, 3)])
def test_output_has_the_shape_and_the_units_of_y(cube, shape):
    y = 1e4 + 1e3 * np.random.default_rng(0).normal(size=shape)
    predicted = make("TCNRegressor").fit(cube, y).predict(cube)
    assert predicted.shape == shape
    assert predicted.dtype == np.float64
    assert abs(predicted.mean() - 1e4) < 3e3
