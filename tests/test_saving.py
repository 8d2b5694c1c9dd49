"""Files of skops: every kind of model, types that are trusted, versions, what is refused."""

import importlib
import inspect
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from skops.io.exceptions import UntrustedTypesFoundException

import skrnn
from skrnn import _version
from skrnn._stored_index import StoredIndex
from skrnn.forecasting.calendar import regular
from tests.saved.files import FILES, HERE
from tests.saved_models import DAYS, GRU, TRAINING, X, models, waves

TRUSTED = skrnn.trusted_types()


@pytest.mark.filterwarnings("ignore:.*max_length.*:UserWarning")
def test_every_kind_of_model_is_loaded_from_trusted_types_with_equal_predictions():
    found = set()
    for name, (model, outputs) in models():
        expected = outputs(model)
        saved = skops.io.dumps(model)
        found |= set(skops.io.get_untrusted_types(data=saved))
        assert found <= set(TRUSTED), name
        again = skops.io.loads(saved, trusted=TRUSTED)
        np.testing.assert_array_equal(outputs(again), expected, err_msg=name)
        pickled = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(outputs(pickled), expected, err_msg=name)
    assert set(TRUSTED) - found == {FROM_FUNCTION}, "not in any saved model"


FROM_FUNCTION = "skrnn.networks.wrappers.from_function.FromFunction"


def mean_over_steps(inputs):
    """Return features of a user's own network."""
    import keras

    return keras.ops.mean(inputs, axis=1)


def test_a_function_of_the_user_is_trusted_by_name_alone():
    model = skrnn.SequenceRegressor(network=mean_over_steps, **TRAINING).fit(X, X[:, -1, 0])
    saved = skops.io.dumps(model)
    own = f"{__name__}.mean_over_steps"
    assert set(skops.io.get_untrusted_types(data=saved)) - set(TRUSTED) == {own}
    with pytest.raises(UntrustedTypesFoundException, match="mean_over_steps"):
        skops.io.loads(saved, trusted=TRUSTED)
    again = skops.io.loads(saved, trusted=[*TRUSTED, own])
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("name", TRUSTED)
def test_a_trusted_type_is_defined_where_its_name_says(name):
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind)
    assert inspect.isclass(found) or kind == "ending_loss"
    assert found.__module__ == module


@pytest.mark.parametrize(
    "make",
    [
        lambda: skrnn.GRURegressor(units=2, **TRAINING).fit(X, X[:, -1, 0]),
        lambda: skrnn.GRUForecaster(units=2, window_length=5, **TRAINING).fit(waves(DAYS)),
        lambda: skrnn.SlidingWindow(3).fit(waves(DAYS, 2)),
    ],
    ids=["estimator", "forecaster", "window"],
)
def test_a_file_of_another_version_is_loaded_with_a_warning_that_names_both(make, monkeypatch):
    saved = skops.io.dumps(make())
    ours = skrnn.__version__
    monkeypatch.setattr(_version, "__version__", "9.0")
    with pytest.warns(
        InconsistentVersionWarning, match=f"of skrnn from version {ours} when using version 9.0"
    ):
        skops.io.loads(saved, trusted=TRUSTED)


# ------------------------------------------------------------------ indices as plain values

INDICES = {
    "range": pd.RangeIndex(5, 50, 3, name="row"),
    "integers": pd.Index([3, 1, 2], name="row"),
    "floats": pd.Index([0.5, 1.25]),
    "texts": pd.Index(["a", "b"], name="shop"),
    "objects": pd.Index(["a", 2], dtype=object),
    "days": DAYS,
    "days in seconds": DAYS.as_unit("s"),
    "days without a frequency": pd.DatetimeIndex(["2020-01-01", "2020-01-05", "2020-01-06"]),
    "one day": DAYS[3:4],
    "no days": DAYS[:0],
    "month starts": pd.date_range("2020", periods=5, freq="MS", name="month"),
    "quarters": pd.date_range("2020", periods=5, freq="QS-FEB"),
    "business days": pd.date_range("2020", periods=9, freq="B"),
    "hours over a change of clocks": pd.date_range(
        "2024-03-30 20:00", periods=12, freq="h", tz="Europe/Berlin"
    ),
    "days over a change of clocks": pd.date_range(
        "2024-03-29", periods=5, freq="D", tz="America/New_York"
    ),
    "UTC": pd.date_range("2024", periods=5, freq="15min", tz="UTC"),
    "months": pd.period_range("2020-03", periods=5, freq="M"),
    "weeks": pd.period_range("2020-03", periods=5, freq="W-WED"),
    "two years each": pd.period_range("2020", periods=5, freq="2Y"),
    "durations": pd.timedelta_range("1h", periods=4, freq="30min"),
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("b", 2), ("a", 3)], names=["shop", None]),
    "levels of days": pd.MultiIndex.from_product([["a", "b"], DAYS[:3]]),
    "categories": pd.CategoricalIndex(["a", "b", "a"]),
    "holidays": pd.date_range(
        "2024-12-23", periods=4, freq=pd.offsets.CustomBusinessDay(holidays=["2024-12-25"])
    ),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_an_index_is_restored_as_it_was(index):
    again = pickle.loads(pickle.dumps(StoredIndex.of(index))).restore()
    pd.testing.assert_index_equal(again, index, exact=True)
    assert again.names == index.names
    assert getattr(again, "freq", None) == getattr(index, "freq", None)
    assert getattr(again, "tz", None) == getattr(index, "tz", None)


@pytest.mark.parametrize(
    "labels",
    [
        pd.to_datetime(["2024-02-01", "2024-01-01"]).tz_localize("Asia/Tokyo"),
        pd.PeriodIndex(["2024-02", "2024-01"], freq="M"),
        pd.to_timedelta([2, 1], unit="h"),
    ],
    ids=["dates", "periods", "durations"],
)
def test_series_may_be_named_by_times(labels):
    index = pd.MultiIndex.from_product([labels, ["a"], DAYS[:9]], names=["cohort", "shop", "day"])
    y = pd.DataFrame({"y": np.arange(18.0)}, index=index)
    model = skrnn.GRUForecaster(window_length=4, **TRAINING).fit(y, fh=[1])
    again = skops.io.loads(skops.io.dumps(model), trusted=TRUSTED)
    pd.testing.assert_frame_equal(again.predict(), model.predict())
    more = y.groupby(level=0, sort=False, group_keys=False).tail(2)
    for one in (model, again):
        one.update(more, update_params=False)
    pd.testing.assert_frame_equal(again.predict(), model.predict())


def test_regular_times_are_stored_without_an_element_for_each():
    hours = pd.date_range("2000", periods=100_000, freq="h")
    assert len(pickle.dumps(StoredIndex.of(hours))) < 1000
    pd.testing.assert_index_equal(StoredIndex.of(hours).restore(), regular(hours))


def test_times_that_no_text_describes_are_pickled_but_not_trusted():
    window = skrnn.SlidingWindow(2, incomplete="ignore").fit(waves(INDICES["holidays"], 2))
    assert pickle.loads(pickle.dumps(window)).transform(waves(DAYS, 2)).shape == (30, 2, 2)
    with pytest.raises(UntrustedTypesFoundException, match="CustomBusinessDay"):
        skops.io.loads(skops.io.dumps(window), trusted=TRUSTED)


def test_tokens_of_any_type_keep_their_ids():
    rows = [[("c", 4), 3, "a"], [3, True, ("c", 4)]]
    model = skrnn.SequenceGenerator(network=GRU, input_type="tokens", **TRAINING).fit(rows)
    again = skops.io.loads(skops.io.dumps(model), trusted=TRUSTED)
    assert again.vocabulary_ == model.vocabulary_
    assert [*map(type, again.vocabulary_)] == [*map(type, model.vocabulary_)]


# ------------------------------------------------------------------ files of this version


@pytest.mark.parametrize("name", FILES)
def test_a_committed_file_gives_the_predictions_recorded_beside_it(name):
    _, predict = FILES[name]
    record = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    model = skops.io.load(HERE / f"{name}.skops", trusted=TRUSTED)
    np.testing.assert_allclose(predict(model), record["predictions"], rtol=1e-5, atol=1e-6)


def test_the_committed_files_are_small():
    sizes = {path.name: path.stat().st_size for path in HERE.glob("*.skops")}
    assert set(sizes) == {f"{name}.skops" for name in FILES}
    assert max(sizes.values()) < 20_000, sizes
