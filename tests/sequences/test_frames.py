"""A series gives the same windows in every frame: pandas, polars, pyarrow, dask, long tables."""

import dask.dataframe as dd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skrnn import SlidingWindow, make_windows

HOURS = pd.date_range("2024-03-30 12:00", periods=42, freq="h", tz="Europe/Berlin")
KEPT = np.delete(np.arange(42), [17, 18])  # two hours are lacking
TABLE = pd.DataFrame(
    {
        "when": HOURS[KEPT],
        "load": KEPT.astype(float),
        "wind": np.cos(KEPT),
        "site": "Linz",
    }
)
N_FITTED = 30

#: The same rows, and the parameters that read them.
FORMS = {
    "pandas with an index": (lambda T: T.drop(columns="site").set_index("when"), {}),
    "pandas with a column": (lambda T: T.drop(columns="site"), {"time": "when"}),
    "a named index": (lambda T: T.drop(columns="site").set_index("when"), {"time": "when"}),
    "a long table": (lambda T: T, {"time": "when", "groups": "site"}),
    "a list of groups": (lambda T: T, {"time": "when", "groups": ["site"]}),
    "a panel": (lambda T: T.set_index(["site", "when"]), {"time": "when", "groups": "site"}),
    "a panel whose other level is time": (
        lambda T: T.set_index(["site", "when"]),
        {"groups": "site"},
    ),
    "polars": (lambda T: pl.from_pandas(T.drop(columns="site")), {"time": "when"}),
    "polars, lazy": (lambda T: pl.from_pandas(T.drop(columns="site")).lazy(), {"time": "when"}),
    "polars, long": (pl.from_pandas, {"time": "when", "groups": "site"}),
    "pyarrow": (
        lambda T: pa.Table.from_pandas(T.drop(columns="site"), preserve_index=False),
        {"time": "when"},
    ),
    "pyarrow, long": (
        lambda T: pa.Table.from_pandas(T, preserve_index=False),
        {"time": "when", "groups": "site"},
    ),
    "pandas with pyarrow columns": (
        lambda T: T.convert_dtypes(dtype_backend="pyarrow"),
        {"time": "when", "groups": "site"},
    ),
    "dask": (
        lambda T: dd.from_pandas(T.drop(columns="site"), npartitions=3),
        {"time": "when"},
    ),
    "dask with an index": (
        lambda T: dd.from_pandas(T.drop(columns="site").set_index("when"), npartitions=3),
        {},
    ),
}
every_form = pytest.mark.parametrize("form", FORMS)


def expected_windows(first=0, last=40, length=4):
    """Return the windows of the rows from first to last: none spans the two missing hours."""
    values, windows = TABLE[["load", "wind"]].to_numpy(), []
    for t in range(first, last):
        begin = 17 if t >= 17 else 0
        rows = [row for row in range(t - length + 1, t + 1) if row >= begin]
        windows.append(values[rows])
    return windows


def assert_windows(got, expected):
    assert got.lengths.tolist() == [len(window) for window in expected]
    for window, true in zip(got, expected, strict=True):
        np.testing.assert_array_equal(window, true)


@every_form
def test_every_frame_has_the_windows_and_the_history_of_the_series(form):
    make, params = FORMS[form]
    window = SlidingWindow(4, **params)
    assert_windows(window.fit_transform(make(TABLE)), expected_windows())
    window.fit(make(TABLE[:N_FITTED]))
    assert_windows(window.transform(make(TABLE[:N_FITTED])), expected_windows(0, N_FITTED))
    assert_windows(window.transform(make(TABLE[N_FITTED:])), expected_windows(N_FITTED))
    assert window.n_features_in_ == 2
    assert window.get_feature_names_out().tolist()[-2:] == ["load_lag_0", "wind_lag_0"]


@every_form
def test_every_frame_has_the_same_windows_with_their_targets(form):
    make, params = FORMS[form]
    windows, y = make_windows(make(TABLE), "load", window_length=4, delay=2, **params)
    ends = [t for t in range(3, 38) if not 17 - 2 <= t < 17 + 3]
    assert windows.ends.tolist() == ends
    assert_windows(windows, [expected_windows()[t] for t in ends])
    assert y.tolist() == [KEPT[t + 2] for t in ends]
    assert windows.feature_names == ("load", "wind")
    _, every = make_windows(make(TABLE), window_length=4, delay=2, **params)
    np.testing.assert_array_equal(
        every, TABLE[["load", "wind"]].to_numpy()[np.add(ends, 2)].astype(float)
    )


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith("dask")])
def test_times_that_fall_or_repeat_are_refused_in_every_frame(form):
    make, params = FORMS[form]
    for rows, fault in (([0, 1, 3, 2], "is earlier"), ([0, 1, 2, 2], "is repeated")):
        given = make(TABLE.iloc[rows])
        with pytest.raises(ValueError, match=rf"has to rise, but row 3, .* {fault}"):
            SlidingWindow(2, **params).fit(given)
        with pytest.raises(ValueError, match=rf"has to rise, but row 3, .* {fault}"):
            make_windows(given, window_length=2, **params)


@pytest.mark.parametrize("form", ["pandas with a column", "polars", "pyarrow", "dask"])
def test_a_column_of_dates_or_text_is_no_feature(form):
    make, _ = FORMS[form]
    for call in (SlidingWindow(2).fit, lambda X: make_windows(X, window_length=2)):
        with pytest.raises(ValueError, match=r"column 'when' of .* holds dates.*time='when'"):
            call(make(TABLE))
    with_text = make(TABLE.assign(word=["a", "b"] * 20))
    for call in (
        SlidingWindow(2, time="when").fit,
        lambda X: make_windows(X, window_length=2, time="when"),
    ):
        with pytest.raises(ValueError, match=r"column 'word' of .* holds texts.*drop or encode it"):
            call(with_text)


@pytest.mark.parametrize(
    ("column", "holds"),
    [
        (HOURS[KEPT] - HOURS[0], "time differences"),
        (HOURS[KEPT].tz_localize(None).to_period("h"), "periods"),
        ([hour.date() for hour in HOURS[KEPT]], "dates"),
        (pd.Categorical(["a", "b"] * 20), "texts"),
        (pd.Series(["a", None] * 20, dtype=object), "texts"),
    ],
)
def test_what_a_column_holds_is_named(column, holds):
    X = TABLE[["load"]].assign(other=column)
    with pytest.raises(ValueError, match=f"column 'other' of X holds {holds}, such as"):
        SlidingWindow(2).fit(X)


def test_categories_of_numbers_and_truth_values_are_features():
    X = TABLE[["load"]].assign(kind=pd.Categorical([1, 2] * 20), is_open=[True, False] * 20)
    window = SlidingWindow(2).fit_transform(X)
    np.testing.assert_array_equal(window[1], [[0, 1, 1], [1, 2, 0]])


def test_a_frame_without_times_has_neither_gaps_nor_history():
    X = pl.from_pandas(TABLE[["load", "wind"]])
    window = SlidingWindow(4).fit(X[:N_FITTED])
    assert window.transform(X[:N_FITTED]).lengths.tolist() == [1, 2, 3, *[4] * 27]
    with pytest.warns(UserWarning, match="3 of 10 windows lack steps"):
        assert window.transform(X[N_FITTED:]).lengths.tolist() == [1, 2, 3, *[4] * 7]


def test_rows_go_on_in_another_kind_of_frame():
    window = SlidingWindow(4, time="when", groups="site").fit(TABLE[:N_FITTED])
    for make in (pl.from_pandas, lambda T: pa.Table.from_pandas(T, preserve_index=False)):
        got = window.transform(make(TABLE[N_FITTED:]))
        assert_windows(got, expected_windows(N_FITTED))
        assert got.index is None


def test_a_series_of_polars_is_a_column():
    column = pl.Series("load", KEPT.astype(float))
    window = SlidingWindow(2).fit(column)
    assert window.get_feature_names_out().tolist() == ["load_lag_1", "load_lag_0"]
    np.testing.assert_array_equal(window.transform(column)[3], [[2.0], [3.0]])


WRONG_NAMES = {
    "no such column": (TABLE, {"time": "hour"}, "'hour' is not a column of X, which has .*'when'"),
    "no such group": (
        pl.from_pandas(TABLE),
        {"time": "when", "groups": "town"},
        "'town' is not a column of X, which has .*'site'",
    ),
    "an array": (np.zeros((9, 2)), {"time": "when"}, "X is of type ndarray, whose columns have no"),
    "groups without times": (
        TABLE[["load", "site"]],
        {"groups": "site"},
        "groups='site' was given without times.*time=\"column\"",
    ),
    "names for times": (
        TABLE[["load", "site"]],
        {"time": "site"},
        "time='site' names a column that holds no times",
    ),
    "text for times": (
        TABLE.assign(when=TABLE["when"].astype(str)),
        {"time": "when", "groups": "site"},
        "time='when' holds dates as text.*pd.to_datetime",
    ),
    "text for times in polars": (
        pl.from_pandas(TABLE.assign(when=TABLE["when"].astype(str))),
        {"time": "when", "groups": "site"},
        "time='when' holds dates as text.*pd.to_datetime",
    ),
    "a missing time": (
        TABLE.assign(when=TABLE["when"].where(TABLE.index != 3)),
        {"time": "when", "groups": "site"},
        "time='when' has missing times; drop those rows",
    ),
    "a missing time in polars": (
        pl.from_pandas(TABLE.assign(when=TABLE["when"].where(TABLE.index != 3))),
        {"time": "when", "groups": "site"},
        "time='when' has missing times; drop those rows",
    ),
    "a missing key": (
        TABLE.assign(site=TABLE["site"].where(TABLE.index != 3)),
        {"time": "when", "groups": "site"},
        "groups='site' has no value in row 3",
    ),
    "a number for a name": (TABLE, {"time": 3}, "time=3 was given to .*a column's name"),
    "no names": (TABLE, {"groups": ()}, r"groups=\(\) was given to .*a column's name"),
}


@pytest.mark.parametrize("case", WRONG_NAMES)
def test_columns_that_tell_no_times_or_groups_are_refused(case):
    X, params, says = WRONG_NAMES[case]
    with pytest.raises(ValueError, match=says):
        SlidingWindow(2, **params).fit(X)
    with pytest.raises(
        ValueError, match=says.replace("of X", "of data").replace("X is", "data is")
    ):
        make_windows(X, window_length=2, **params)


def test_a_pipeline_scales_a_polars_frame_before_its_windows():
    frame = pl.from_pandas(TABLE.drop(columns="site"))
    scaler = ColumnTransformer(
        [("scale", StandardScaler(), ["load", "wind"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="polars")
    model = make_pipeline(
        scaler,
        SlidingWindow(4, time="when"),
        FunctionTransformer(lambda windows: np.nan_to_num(windows.flat())),
        Ridge(),
    )
    y = np.arange(40.0)
    model.fit(frame[:N_FITTED], y[:N_FITTED])
    model.predict(frame[:N_FITTED])  # a warning would be an error
    values = TABLE[["load", "wind"]].to_numpy()
    mean, scale = values[:N_FITTED].mean(axis=0), values[:N_FITTED].std(axis=0)
    got = model[:2].transform(frame[N_FITTED:])
    for window, true in zip(got, expected_windows(N_FITTED), strict=True):
        np.testing.assert_allclose(window, (true - mean) / scale)
    assert model[:2].get_feature_names_out()[0] == "load_lag_3"


def test_the_scaler_of_a_pipeline_may_turn_polars_into_pandas():
    frame = pl.from_pandas(TABLE[["load", "wind"]])
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), SlidingWindow(4))
    assert model.fit(frame[:N_FITTED]).transform(frame[:N_FITTED]).lengths[:4].tolist() == [
        *range(1, 5)
    ]
    with pytest.warns(UserWarning, match="3 of 10 windows lack steps"):
        model.transform(frame[N_FITTED:])


@pytest.mark.parametrize("held", [[1], {"x": 1}, np.ones(1)])
def test_groups_that_cannot_be_compared_are_refused(held):
    frame = TABLE.assign(site=[held] * len(TABLE))
    with pytest.raises(
        ValueError, match=r"groups='site' holds an? .* in each row, which cannot be"
    ):
        make_windows(frame, window_length=3, time="when", groups="site")
    with pytest.raises(
        ValueError, match=r"groups='site' holds an? .* in each row, which cannot be"
    ):
        SlidingWindow(3, time="when", groups="site").fit(frame)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"load": KEPT * 1.0, "when": KEPT + 1j}),
        pd.DataFrame({"load": KEPT * 1.0, "when": KEPT > 4}),
        pl.DataFrame({"load": KEPT * 1.0, "when": KEPT > 4}),
        pl.DataFrame({"load": KEPT * 1.0, "when": [{"x": 1}] * len(KEPT)}),
    ],
)
def test_what_tells_no_times_is_refused(frame):
    with pytest.raises(ValueError, match="time='when' names a column that holds no times"):
        make_windows(frame, window_length=3, time="when")


@pytest.mark.parametrize("on_gap", ["restart", "ignore"])
def test_an_infinite_time_is_refused(on_gap):
    frame = pd.DataFrame({"when": [*range(39), np.inf], "load": KEPT.astype(float)})
    with pytest.raises(ValueError, match="time='when' has infinite times"):
        make_windows(frame, window_length=3, time="when", on_gap=on_gap)
    with pytest.raises(ValueError, match="the index of data has infinite times"):
        make_windows(frame.set_index("when"), window_length=3, on_gap=on_gap)
