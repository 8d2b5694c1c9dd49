"""Initial values come from the distributions of Keras' initializers, on every backend the same."""

import numpy as np
import pytest

from skrnn._backend import load_keras
from skrnn.engine.initializers import draw, zeros

keras = load_keras()
kinds = keras.initializers

#: With seeds, since Keras' own on PyTorch go beyond where they are cut off once in 250,000 draws.
RANDOM = [
    kinds.RandomNormal(mean=1.0, stddev=0.5, seed=0),
    kinds.RandomUniform(minval=-2.0, maxval=0.5, seed=0),
    kinds.TruncatedNormal(mean=-1.0, stddev=2.0, seed=0),
    kinds.GlorotUniform(seed=0),
    kinds.GlorotNormal(seed=0),
    kinds.HeUniform(seed=0),
    kinds.HeNormal(seed=0),
    kinds.LecunNormal(seed=0),
    kinds.VarianceScaling(3.0, "fan_out", "untruncated_normal", seed=0),
    kinds.Orthogonal(gain=2.0, seed=0),
]
SHAPES = [(40, 1000), (3, 16, 800), (2, 3, 8, 800)]


def quantiles(values):
    return np.quantile(np.asarray(values), np.linspace(0, 1, 21)[1:-1])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("initializer", RANDOM, ids=lambda kind: type(kind).__name__)
def test_draws_are_spread_as_those_of_keras(initializer, shape):
    ours = draw(initializer, shape, "float32", 0)
    theirs = keras.ops.convert_to_numpy(initializer(shape, dtype="float32"))

    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    # The standard error of a quantile of 38,400 draws is below 2% of their deviation.
    np.testing.assert_allclose(quantiles(ours), quantiles(theirs), rtol=0, atol=0.04 * theirs.std())
    # A distribution that is cut off somewhere is cut off at the same place.
    assert abs(ours).max() < 1.4 * abs(theirs).max()
    assert abs(theirs).max() < 1.4 * abs(ours).max()


@pytest.mark.parametrize(
    ("initializer", "bound"),
    [
        (kinds.GlorotUniform(), np.sqrt(6 / 1100)),
        (kinds.HeUniform(), np.sqrt(6 / 100)),
        # Cut off at two deviations, of a normal that is wider so that the deviation is right.
        (kinds.HeNormal(), 2 * np.sqrt(2 / 100) / 0.8796),
        (kinds.TruncatedNormal(stddev=0.1), 0.2),
    ],
    ids=["GlorotUniform", "HeUniform", "HeNormal", "TruncatedNormal"],
)
def test_bounds_are_those_that_keras_documents(initializer, bound):
    values = draw(initializer, (100, 1000), "float32", 0)
    assert -values.min() == pytest.approx(bound, rel=1e-3)
    assert values.max() == pytest.approx(bound, rel=1e-3)


@pytest.mark.parametrize("shape", [(8, 8), (5, 12), (12, 5), (2, 3, 4)], ids=str)
def test_an_orthogonal_matrix_is_one(shape):
    values = draw(kinds.Orthogonal(gain=3.0), shape, "float64", 1)
    matrix = values.reshape(-1, shape[-1]) / 3
    square = matrix @ matrix.T if len(matrix) < shape[-1] else matrix.T @ matrix
    np.testing.assert_allclose(square, np.eye(len(square)), atol=1e-12)


def test_orthogonal_matrices_are_drawn_evenly():
    # Of uniformly drawn ones, each entry of a 2 x 2 matrix has the mean 0 and the variance 1/2.
    drawn = np.stack([draw(kinds.Orthogonal(), (2, 2), "float64", seed) for seed in range(2000)])
    assert abs(drawn.mean(axis=0)).max() < 0.06
    assert abs((drawn**2).mean(axis=0) - 0.5).max() < 0.04


@pytest.mark.parametrize(
    ("initializer", "value"), [(kinds.Zeros(), 0), (kinds.Ones(), 1), (kinds.Constant(2.5), 2.5)]
)
def test_constants_are_what_they_say(initializer, value):
    values = draw(initializer, (2, 3), "float32", 0)
    np.testing.assert_array_equal(values, np.full((2, 3), value, dtype=np.float32))


def test_the_seed_alone_decides():
    first, again, other = (
        draw(kinds.GlorotUniform(), (3, 4), "float32", seed) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    # The same on every backend, and in every release.
    np.testing.assert_array_equal(
        draw(kinds.RandomUniform(0.0, 1.0), (2,), "float64", 7),
        np.random.default_rng(7).uniform(0.0, 1.0, 2),
    )


def test_what_draws_in_its_own_way_is_left_to_itself():
    class Halves(kinds.Zeros):
        def __call__(self, shape, dtype=None):
            return keras.ops.full(shape, 0.5, dtype)

    for initializer in (Halves(), lambda shape, dtype=None: None, kinds.Identity()):
        assert draw(initializer, (2, 2), "float32", 0) is None
    assert draw(kinds.GlorotUniform(), (2, 2), "bfloat16", 0) is None


def test_a_layer_made_with_zeros_of_numpy_is_made_of_zeros():
    layer = keras.layers.Dense(3, kernel_initializer=zeros)
    layer.build((None, 2))
    assert keras.backend.standardize_dtype(layer.kernel.dtype) == "float32"
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer.kernel), np.zeros((2, 3)))
