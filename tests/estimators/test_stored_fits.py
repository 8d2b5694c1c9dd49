"""Fits on rows and sequences that stay on disk are those of the same data in memory."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import skrnn.engine.batches
from skrnn import (
    GRUClassifier,
    GRURegressor,
    SequenceAnomalyDetector,
    SequenceLabeler,
    SequenceRegressor,
    SequenceScaler,
    SlidingWindow,
    make_windows,
)
from skrnn.engine import linear_fit
from skrnn.engine.training import _orders
from skrnn.preprocessing import subsets
from skrnn.sequences.stored_rows import StoredRows
from tests.estimators.windowed import assert_same_weights, make, series_of
from tests.sequences.stored import ARRAYS, TABLES, OnDisk, in_small_blocks, parquet  # noqa: F401

pytestmark = pytest.mark.usefixtures("in_small_blocks")

SERIES = series_of(90)
CUBE = np.stack([SERIES[start : start + 6] for start in range(0, 60, 2)])
Y = CUBE[:, -1, 0] - CUBE[:, 0, 1]


@pytest.fixture(autouse=True)
def _streamed(monkeypatch):
    monkeypatch.setattr(skrnn.engine.batches, "RESIDENT_BYTES", 0)


def windows_of(data, **shape):
    return make_windows(data, SERIES[:, 0], window_length=6, stride=2, **shape)


def with_missing(array):
    array = array.copy()
    array[[5, 6, 7, 33]] = np.nan
    array[20, ..., 0] = np.nan
    return array


# ------------------------------------------------------------------ the same as in memory


@pytest.mark.parametrize("kind", TABLES)
def test_a_fit_in_order_is_that_in_memory(tmp_path, kind):
    windows, y = windows_of(SERIES)
    expected = make("GRURegressor", shuffle=False).fit(windows, y)
    on_disk, _ = windows_of(TABLES[kind](tmp_path, SERIES))
    model = make("GRURegressor", shuffle=False).fit(on_disk, y)
    scaling, other = model.input_scaling_, expected.input_scaling_
    np.testing.assert_allclose(scaling.center, other.center, rtol=1e-12)
    np.testing.assert_allclose(scaling.scale, other.scale, rtol=1e-12)
    assert_same_weights(model, expected, 1e-6)
    np.testing.assert_allclose(model.predict(on_disk), expected.predict(windows), rtol=1e-6)
    order = np.random.default_rng(0).permutation(len(y))
    np.testing.assert_allclose(
        model.predict(on_disk[order]), model.predict(on_disk)[order], rtol=1e-6
    )


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("flat", [False, True])
def test_sequences_on_disk_are_those_in_memory(tmp_path, kind, layout, flat):
    cube = CUBE if layout == "channels_last" else np.ascontiguousarray(CUBE.transpose(0, 2, 1))
    params = {"layout": layout, "shuffle": False, "epochs": 1}
    if flat:
        cube = cube.reshape(len(cube), -1)
        params["n_channels"] = 2
    expected = make("GRURegressor", **params).fit(cube, Y)
    on_disk = ARRAYS[kind](tmp_path, cube)
    model = make("GRURegressor", **params).fit(on_disk, Y)
    assert_same_weights(model, expected, 1e-6)
    assert model.n_features_in_ == expected.n_features_in_
    np.testing.assert_allclose(model.predict(on_disk), expected.predict(cube), rtol=1e-6)


@pytest.mark.parametrize("network", ["gru", "dense", "tcn"])
@pytest.mark.parametrize("rate", [1, 3])
@pytest.mark.parametrize("is_mapped", [False, True])
def test_missing_values_are_treated_as_in_memory(tmp_path, network, rate, is_mapped):
    series = with_missing(SERIES)
    windows, y = make_windows(series, SERIES[:, 1], window_length=4, sampling_rate=rate)
    data = TABLES["memmap" if is_mapped else "array"](tmp_path, series)
    on_disk, _ = make_windows(data, SERIES[:, 1], window_length=4, sampling_rate=rate)
    model = SequenceRegressor(
        network=network, missing="mask", epochs=2, batch_size=16, shuffle=False, random_state=0
    )
    expected = model.fit(windows, y).predict(windows)
    weights = model.weights_
    np.testing.assert_allclose(model.fit(on_disk, y).predict(on_disk), expected, rtol=1e-5)
    for own, other in zip(model.weights_, weights, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-5, atol=1e-6)


def test_sequences_without_any_observation_are_predicted():
    cube = CUBE.copy()
    cube[3] = np.nan
    model = make("GRURegressor", missing="mask").fit(CUBE, Y)
    np.testing.assert_allclose(model.predict(OnDisk(cube)), model.predict(cube), rtol=1e-6)


def test_of_many_blocks_some_give_the_linear_skip(monkeypatch):
    monkeypatch.setattr(subsets, "LEAST_BLOCKS", 2)
    monkeypatch.setattr(linear_fit, "_MOST_PRODUCTS", 14**2 * 15)  # a third of 42 windows
    windows, y = windows_of(SERIES)
    stored, _ = windows_of(OnDisk(SERIES))
    still = {"epochs": 1, "learning_rate": 1e-30, "scale_input": False, "linear_skip": True}
    weights = make("RNNRegressor", **still).fit(stored, y).weights_
    blocks = np.arange(0, 2 * len(y), 2) // 10
    some = subsets.stratified_sample(len(y), 14, blocks)
    assert len(np.unique(blocks[some])) == 3
    assert len(some) <= 15
    X = np.asarray(windows).reshape(len(y), -1)
    expected = Ridge(10.0).fit(X[some], ((y - y.mean()) / y.std())[some])
    np.testing.assert_allclose(weights[-2].ravel(), expected.coef_, rtol=1e-4, atol=1e-5)


def test_small_rows_are_scaled_once_like_an_array(monkeypatch):
    monkeypatch.setattr(skrnn.engine.batches, "RESIDENT_BYTES", 2**28)
    for series, params in ((SERIES, {}), (with_missing(SERIES), {"missing": "mask"})):
        windows, y = windows_of(series, sampling_rate=2)
        on_disk, _ = windows_of(OnDisk(series), sampling_rate=2)
        expected = make("GRURegressor", **params).fit(windows, y)
        assert_same_weights(make("GRURegressor", **params).fit(on_disk, y), expected, 1e-6)


def test_pipelines_searches_and_further_fits_take_rows_on_disk(tmp_path):
    data = parquet(tmp_path / "rows", SERIES)
    windows = SlidingWindow(6).fit_transform(data)
    model = make("GRURegressor", early_stopping=True, purge=3).fit(windows, SERIES[:, 1])
    assert len(model.history_["val_loss"]) == model.n_iter_
    model.partial_fit(windows, SERIES[:, 1])
    assert np.isfinite(model.predict(windows)).all()


@pytest.mark.parametrize("bptt", [None, 4])
def test_labelers_and_detectors_take_sequences_on_disk(bptt):
    labels = (CUBE[..., 0] > CUBE[..., 0].mean()).astype(int)
    settings = {"epochs": 2, "shuffle": False, "batch_size": 8, "random_state": 0}
    labeler = SequenceLabeler(bptt_length=bptt, causal=True, **settings)
    expected = labeler.fit(CUBE, labels).predict_proba(CUBE)
    on_disk = labeler.fit(OnDisk(CUBE), labels).predict_proba(OnDisk(CUBE))
    np.testing.assert_allclose(on_disk, expected, rtol=1e-5)
    detector = SequenceAnomalyDetector(**settings)
    expected = detector.fit(CUBE).score_samples(CUBE)
    np.testing.assert_allclose(detector.fit(OnDisk(CUBE)).score_samples(CUBE), expected, rtol=1e-5)


def test_categories_and_scalers_read_what_is_on_disk(tmp_path):
    codes = np.round(CUBE / 10)
    model = make("GRURegressor", categorical_features=[1], shuffle=False, epochs=1)
    expected = model.fit(codes, Y).predict(codes)
    for kind in ("array", "hdf5"):
        on_disk = ARRAYS[kind](tmp_path, codes)
        np.testing.assert_allclose(model.fit(on_disk, Y).predict(on_disk), expected, rtol=1e-5)
    series = np.round(SERIES / 10)
    windows, on_disk = windows_of(series)[0], windows_of(OnDisk(series))[0]
    expected = model.fit(windows, Y[:1].repeat(len(windows))).predict(windows)
    np.testing.assert_allclose(model.predict(on_disk), expected, rtol=1e-5)
    scaled = SequenceScaler().fit_transform(OnDisk(CUBE))
    np.testing.assert_allclose(scaled, SequenceScaler().fit_transform(CUBE))


def test_a_fit_and_a_prediction_copy_no_table(monkeypatch):
    windows, y = windows_of(OnDisk(SERIES))
    monkeypatch.setattr(StoredRows, "__array__", lambda *_, **__: pytest.fail("all rows are read"))
    make("GRURegressor").fit(windows, y).predict(windows)
    make("GRURegressor").fit(OnDisk(CUBE), Y).predict(OnDisk(CUBE))


@pytest.mark.parametrize("scales", [True, False])
def test_a_fit_reads_rows_once_before_its_epochs(scales):
    data = OnDisk(CUBE)
    settings = {"epochs": 2, "linear_skip": False, "center_steps": False, "scale_input": scales}
    model = make("GRURegressor", **settings)
    model.fit(data, Y, sample_weight=np.arange(1.0, 31.0))
    read = np.zeros(len(CUBE), dtype=int)
    for first, stop in data.read:
        read[first:stop] += 1
    assert read.max() == 1 + 2
    assert read.min() >= 2  # a block may be kept for the next epoch


# ------------------------------------------------------------------ shuffling by blocks


def test_blocks_are_shuffled_and_few_are_read_at_a_time():
    data = OnDisk(series_of(600))
    windows, y = make_windows(data, 0, window_length=5)
    model = make("GRURegressor", epochs=1).fit(windows, y)
    examples = skrnn.engine.batches.Examples(
        model.network_.encoder.inputs(windows.sequences()), y[:, None], np.ones(len(y))
    )
    orders = _orders(examples, 0)
    first, second = next(orders), next(orders)
    assert sorted(first) == sorted(second) == list(range(len(y)))
    assert not np.array_equal(first, second)
    blocks = examples.blocks()[first]
    at = [np.flatnonzero(blocks == block) for block in range(60)]
    longest = max(places.max() - places.min() + 1 for places in at)
    assert longest <= 3 * 10 < 10 * len(at)  # three blocks of ten windows in turn
    assert np.abs(np.diff(blocks)).max() > 20
    data.read.clear()
    for start in range(0, len(first), 8):
        examples.inputs.batch(first[start : start + 8], 5)
    assert len(data.read) <= len(at) + 3 * len(at) // 3
    assert max(stop - first for first, stop in data.read) <= 10 + 4


# ------------------------------------------------------------------ what is refused


def refused(X, y, message, model=None):
    model = model or make("GRURegressor")
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == before


def test_what_is_refused_leaves_the_estimator_as_it_was():
    broken = CUBE.copy()
    broken[17, 2, 1] = np.nan
    infinite = CUBE.copy()
    infinite[11, 2, 1] = -np.inf
    for X, message in [
        (broken, "Input X contains NaN: sequence 17 has it first"),
        (infinite, "Input X contains infinity: sequence 11 has it first"),
        (CUBE.astype(str), "where numeric values are needed"),
        (CUBE[..., None], "X has 4 dimensions"),
        (CUBE[0, :, 0], "X has 1 dimensions"),
        (CUBE[:0], r"0 sample\(s\)"),
        (CUBE[:, :0], "no steps or no features"),
        (CUBE[1:], "inconsistent numbers of samples"),
    ]:
        refused(OnDisk(X), Y, message)
    refused(OnDisk(CUBE.reshape(30, -1)), Y, "multiple of n_channels", GRURegressor(n_channels=5))
    windows, y = windows_of(OnDisk(with_missing(SERIES)))
    refused(windows, y, "Input X contains NaN: sequence 0 has it first")
    fitted = make("GRURegressor").fit(CUBE, Y)
    for X, message in [(CUBE[..., :1], "1 features"), (broken, "contains NaN: sequence 17")]:
        with pytest.raises(ValueError, match=message):
            fitted.predict(OnDisk(X))


@pytest.mark.parametrize("scales", [True, False])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_of_any_sequence_is_refused(scales, value):
    settings = {"early_stopping": True, "validation_fraction": 0.5, "scale_input": scales}
    for number in range(0, 30, 3):
        cube = CUBE.copy()
        cube[number, 5, 0] = value
        model = make("GRURegressor", **settings)
        refused(OnDisk(cube), Y, f"sequence {number} has it first", model)


def test_the_first_of_several_sequences_is_named():
    cube = CUBE.copy()
    cube[:, 0, 0] = np.random.default_rng(0).normal(size=30)  # the order of merged duplicates
    cube[4:, 5, 0] = np.nan
    model = make("GRURegressor", batch_size=None, early_stopping=False)
    refused(OnDisk(cube), Y, "sequence 4 has it first", model)


@pytest.mark.parametrize("model", [make("GRURegressor"), SequenceAnomalyDetector(epochs=1)])
def test_sequences_without_weight_are_checked_as_in_memory(model):
    cube, weights = CUBE.copy(), np.ones(30)
    cube[7, 2, 1], weights[7] = np.nan, 0
    targets = [Y] if model.__sklearn_tags__().target_tags.required else []
    for X in (cube, OnDisk(cube)):
        with pytest.raises(ValueError, match="Input X contains NaN: sequence 7 has it first"):
            model.fit(X, *targets, sample_weight=weights)
    assert not hasattr(model, "network_")


def test_a_value_beyond_float32_is_refused_with_its_sequence():
    cube = CUBE.copy()
    model = GRUClassifier(epochs=1, random_state=0).fit(cube, Y > 0)
    cube[21, 3, 0] = 1e300
    with pytest.raises(ValueError, match="sequence 21 has it first"):
        model.predict(OnDisk(cube))
