"""Windows that lack steps because the rows before were not passed are never silent."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import TimeSeriesSplit, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skrnn.preprocessing.sliding_window
from skrnn import SlidingWindow, make_windows
from tests.conftest import make

N, N_FITTED, LENGTH = 60, 40, 6
HOURS = pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin")
VALUES = np.random.default_rng(0).normal(size=(N, 2))
FRAME = pd.DataFrame(VALUES, index=HOURS, columns=["load", "wind"])
TABLE = FRAME.rename_axis("when").reset_index()
Y = np.arange(float(N))

#: The rows in every form, and the parameters that read it.
FORMS = {
    "dates": (FRAME, {}),
    "numbers": (FRAME.set_axis(np.arange(N) * 10), {}),
    "rows": (FRAME.reset_index(drop=True), {}),
    "polars": (pl.from_pandas(TABLE), {"time": "when"}),
    "polars without times": (pl.from_pandas(TABLE[["load", "wind"]]), {}),
    "an array": (VALUES, {}),
    "groups": (
        pd.concat([TABLE.assign(id=key) for key in "ab"])
        .sort_values("when", kind="stable")
        .reset_index(drop=True),
        {"time": "when", "groups": "id"},
    ),
}
every_form = pytest.mark.parametrize("form", FORMS)


def parts_of(form):
    """Return a window, all rows, and how many of them stand for a row of the series."""
    X, params = FORMS[form]
    return SlidingWindow(LENGTH, **params), X, 2 if form == "groups" else 1


@every_form
def test_the_fitted_rows_and_their_first_part_are_known_again(form):
    window, X, each = parts_of(form)
    lengths = window.fit_transform(X[: N_FITTED * each]).lengths
    assert window.transform(X[: N_FITTED * each]).lengths.tolist() == lengths.tolist()
    assert window.transform(X[: 9 * each]).lengths.tolist() == lengths[: 9 * each].tolist()
    assert window.transform(X[:each]).lengths.tolist() == [1] * each
    assert pickle.loads(pickle.dumps(window)).transform(X[: 9 * each]).lengths[-1] == LENGTH


@pytest.mark.parametrize("form", ["dates", "numbers", "rows", "polars", "groups"])
def test_rows_that_continue_the_fitted_ones_are_complete_without_a_word(form):
    window, X, each = parts_of(form)
    window.fit(X[: N_FITTED * each])
    assert set(window.transform(X[N_FITTED * each :]).lengths) == {LENGTH}
    assert set(window.transform(X[N_FITTED * each : (N_FITTED + 1) * each]).lengths) == {LENGTH}


@every_form
def test_rows_that_stand_elsewhere_are_counted(form):
    window, X, each = parts_of(form)
    window.fit(X[: N_FITTED * each])
    rows = slice(50 * each, None)
    with pytest.warns(UserWarning, match="windows lack steps") as warned:
        window.transform(X[rows])
    assert len(warned) == 1
    assert warned[0].filename == __file__
    text = str(warned[0].message)
    assert text.startswith(f"{5 * each} of {10 * each} windows lack steps: these rows neither are")
    assert "Pass the 5 rows before them as well" in text
    assert "continues=True" in text
    window.set_params(incomplete="raise")
    with pytest.raises(ValueError, match=f"{5 * each} of {10 * each} windows lack steps"):
        window.transform(X[rows])
    window.set_params(incomplete="ignore")
    assert window.transform(X[rows]).lengths[:each].tolist() == [1] * each


@pytest.mark.parametrize("form", ["dates", "rows", "polars", "groups"])
def test_the_middle_and_the_end_of_the_fitted_rows_are_counted_too(form):
    window, X, each = parts_of(form)
    window.fit(X[: N_FITTED * each])
    for first, n_lacking in ((10, 5), (N_FITTED - 5, 5), (N_FITTED - 3, 3)):
        rows = X[first * each : N_FITTED * each]
        with pytest.warns(UserWarning, match=f"^{n_lacking * each} of .* windows lack steps"):
            window.transform(rows)


def test_a_row_alone_after_others_that_were_left_out_lacks_its_history():
    window = SlidingWindow(LENGTH).fit(FRAME[:N_FITTED])
    with pytest.warns(UserWarning, match="^1 of 1 windows lack steps.* 5 rows before"):
        window.transform(FRAME[52:53])
    assert window.transform(FRAME[N_FITTED : N_FITTED + 1]).lengths.tolist() == [LENGTH]


def test_a_new_table_whose_rows_are_numbered_from_0_is_not_taken_for_the_fitted_one():
    X = FRAME.reset_index(drop=True)
    window = SlidingWindow(LENGTH).fit(X[:N_FITTED])
    with pytest.warns(UserWarning, match="^5 of 20 windows lack steps"):
        window.transform(X[N_FITTED:].reset_index(drop=True))


def test_rows_before_the_fitted_ones_and_times_of_another_kind_are_counted():
    window = SlidingWindow(LENGTH).fit(FRAME[20:])
    for other in (FRAME[:20], FRAME[20:].tz_localize(None), FRAME[20:].reset_index(drop=True)):
        with pytest.warns(UserWarning, match=f"^5 of {len(other)} windows lack steps"):
            window.transform(other)


def test_gaps_of_the_series_itself_are_not_counted():
    holed = FRAME.drop(HOURS[[20, 50]])
    window = SlidingWindow(LENGTH).fit(holed[:N_FITTED])
    later = window.transform(holed[N_FITTED:])
    assert later.lengths.tolist() == [6] * 9 + [1, 2, 3, 4, 5] + [6] * 4
    assert window.transform(holed[:N_FITTED]).lengths.tolist()[20:26] == [1, 2, 3, 4, 5, 6]


def test_rows_of_the_fit_are_known_again_in_another_precision():
    window = SlidingWindow(LENGTH).fit(FRAME[:N_FITTED])
    window.transform(FRAME[:N_FITTED].astype(np.float32))  # a warning would be an error
    with_nan = FRAME.copy()
    with_nan.iloc[2, 0] = np.nan
    window.fit(with_nan[:N_FITTED]).transform(with_nan[:N_FITTED])


def test_a_window_of_one_step_lacks_none():
    for X in (VALUES, FRAME):
        assert SlidingWindow(1).fit(X[:20]).transform(X[40:]).lengths.tolist() == [1] * 20


def test_fewer_fitted_rows_than_a_window_needs_are_no_reason_to_warn():
    window = SlidingWindow(3, time="when", groups="id")
    table = pd.DataFrame(
        {"when": HOURS[[0, 1, 2, 3, 3, 4, 5, 6]], "id": list("aaaabbbb"), "value": np.arange(8.0)}
    )
    window.fit(table[:5])
    assert window.transform(table[5:]).lengths.tolist() == [2, 3, 3]  # b begins in the fit


def pipeline(scaler=None, **params):
    scaler = scaler or StandardScaler().set_output(transform="pandas")
    return make_pipeline(scaler, SlidingWindow(LENGTH), make("GRURegressor", epochs=1, **params))


@pytest.mark.parametrize("whitened", [False, True])
def test_a_pipeline_predicts_its_own_rows_and_test_folds_without_a_word(whitened):
    model = pipeline(PCA(2).set_output(transform="pandas") if whitened else None)
    model.fit(FRAME[:N_FITTED], Y[:N_FITTED])
    model.predict(FRAME[:N_FITTED])
    model.predict(FRAME[N_FITTED:])
    scores = cross_validate(
        model, FRAME, Y, cv=TimeSeriesSplit(2), return_train_score=True, error_score="raise"
    )
    assert np.isfinite(scores["train_score"]).all()
    with pytest.warns(UserWarning, match="^1 of 1 windows lack steps"):
        model.predict(FRAME[55:56])


def test_a_scaler_that_drops_the_times_is_found_out():
    model = pipeline(StandardScaler()).fit(FRAME[:N_FITTED], Y[:N_FITTED])
    model.predict(FRAME[:N_FITTED])
    with pytest.warns(UserWarning, match="^5 of 20 windows lack steps"):
        model.predict(FRAME[N_FITTED:])


def test_a_search_over_a_table_with_times_and_groups_is_quiet():
    X, params = FORMS["groups"]
    model = make_pipeline(SlidingWindow(LENGTH, **params), make("GRURegressor", epochs=1))
    assert np.isfinite(cross_val_score(model, X, np.arange(2.0 * N), cv=TimeSeriesSplit(2))).all()


# ------------------------------------------------------------------ clocks that jitter

JITTER = pd.to_timedelta(np.random.default_rng(1).uniform(-12, 12, size=N), unit="min")
LATE = FRAME.set_axis(HOURS + JITTER)


def test_a_clock_that_jitters_is_named_and_tolerated():
    with pytest.warns(UserWarning, match=r"only \d+ of 60 windows .*clock may jitter .*gap_tol"):
        few = SlidingWindow(LENGTH).fit_transform(LATE)
    assert (few.lengths == LENGTH).sum() < 20
    whole = SlidingWindow(LENGTH, gap_tolerance=0.6).fit_transform(LATE)
    assert whole.lengths.tolist() == [1, 2, 3, 4, 5, *[6] * 55]
    with pytest.raises(ValueError, match="If the clock jitters, raise gap_tolerance"):
        SlidingWindow(LENGTH, on_gap="raise").fit(LATE)


def test_windows_with_their_targets_say_so_too():
    with pytest.warns(
        UserWarning, match=r"only \d+ of 57 windows .*targets.*clock may jitter"
    ) as t:
        few, _ = make_windows(LATE, window_length=3)
    assert t[0].filename == __file__
    assert f"only {len(few)} of 57" in str(t[0].message)
    assert len(make_windows(LATE, window_length=3, gap_tolerance=0.6)[0]) == 57
    assert len(make_windows(LATE, window_length=3, on_gap="ignore")[0]) == 57
    with pytest.raises(ValueError, match=r"the index of data has \d+ gap\(s\).*clock jitters"):
        make_windows(LATE, window_length=3, on_gap="raise")
    with pytest.raises(ValueError, match="or a greater gap_tolerance if the clock jitters"):
        make_windows(LATE, window_length=30)


def test_one_gap_is_not_warned_of():
    windows, _ = make_windows(FRAME.drop(HOURS[30]), window_length=LENGTH)
    assert len(windows) == 2 * (30 - LENGTH) - 1


@pytest.mark.parametrize("tolerance", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("kind", ["times", "business days", "numbers"])
def test_a_step_within_the_tolerance_is_no_gap(tolerance, kind):
    index = {
        "times": pd.date_range("2024", periods=20, freq="h"),
        "business days": pd.bdate_range("2024-01-01", periods=20),
        "numbers": pd.Index(np.arange(20) * 100),
    }[kind]
    unit = {"times": pd.Timedelta("1h"), "business days": pd.Timedelta("1D"), "numbers": 100}[kind]
    window = SlidingWindow(3, gap_tolerance=tolerance, incomplete="ignore")
    window.fit(pd.DataFrame({"a": np.arange(12.0)}, index=index[:12]))
    # The thirteenth to fifteenth rows are a Wednesday to a Friday.
    for late, is_gap in ((0.99 * tolerance, False), (1.01 * tolerance + 0.01, True)):
        times = [index[12], index[13], index[13] + (1 + late) * unit]
        later = pd.DataFrame({"a": np.arange(3.0)}, index=times)
        assert window.transform(later).lengths[2] == (1 if is_gap else 3)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"gap_tolerance": -0.1}, r"gap_tolerance=-0.1 was given to.*a float in \[0, inf\)"),
        ({"gap_tolerance": "10%"}, "gap_tolerance='10%' was given to"),
        ({"on_gap": "fill"}, "on_gap='fill' was given to.*'restart', 'ignore', 'raise'"),
        ({"time": ["when"]}, r"time=\['when'\] was given to.*a column's name or None"),
    ],
)
def test_values_that_are_not_accepted_are_named_in_both(params, says):
    with pytest.raises(ValueError, match=says.replace("given to", "given to SlidingWindow")):
        SlidingWindow(3, **params).fit(FRAME)
    with pytest.raises(ValueError, match=says.replace("given to", "given to make_windows")):
        make_windows(FRAME, window_length=3, **params)


def test_what_to_do_with_incomplete_windows_has_three_values():
    with pytest.raises(ValueError, match=r"incomplete='drop' .*'warn', 'raise', 'ignore'"):
        SlidingWindow(3, incomplete="drop").fit(FRAME)


# ------------------------------------------------------------------ all or nothing


def test_a_fit_that_fails_at_its_end_leaves_the_one_before(monkeypatch):
    window = SlidingWindow(3).fit(FRAME[:20])
    before = dict(vars(window))

    def fail(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(skrnn.preprocessing.sliding_window, "windows_at", fail)
    fresh = clone(window)
    for again in (window, fresh):
        for method in (again.fit, again.fit_transform):
            with pytest.raises(MemoryError):
                method(FRAME[["wind"]])
    assert vars(window) == before
    assert not hasattr(fresh, "n_features_in_")
    monkeypatch.undo()
    assert window.transform(FRAME[20:]).lengths.tolist() == [3] * 40


def test_a_table_that_is_refused_changes_nothing():
    window = SlidingWindow(3).fit(FRAME[:20])
    before = dict(vars(window))
    for X in (
        FRAME[::-1],
        FRAME.assign(day=HOURS),
        FRAME[:2],
        FRAME.set_axis(HOURS.strftime("%c")),
    ):
        with pytest.raises(ValueError, match=r"has to rise|holds|reaches over"):
            window.fit_transform(X)
    assert vars(window) == before
