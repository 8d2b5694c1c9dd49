"""Every form of sequences keeps its form when it is scaled, windows among them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skrnn import SequenceScaler, SlidingWindow, Windows, make_windows
from tests.preprocessing.scaled import (
    as_frames,
    as_nameless_panel,
    as_objects,
    as_panel,
    assert_all_close,
    assert_close,
    by_hand,
    cube_of,
    every_method,
    every_per,
    series_of,
)

# ------------------------------------------------------------------ forms


#: How to give sequences of one length, with the parameters that read them, and how to get
#: them back from what comes out.
EVEN_FORMS = {
    "3-D": ({}, lambda cube: cube, lambda out: out),
    "nested lists": ({}, lambda cube: cube.tolist(), lambda out: out),
    "channels first": (
        {"layout": "channels_first"},
        lambda cube: cube.transpose(0, 2, 1),
        lambda out: out.transpose(0, 2, 1),
    ),
    "2-D": (
        {"n_channels": 2},
        lambda cube: cube.reshape(len(cube), -1),
        lambda out: out.reshape(len(out), -1, 2),
    ),
    "2-D channels first": (
        {"n_channels": 2, "layout": "channels_first"},
        lambda cube: cube.transpose(0, 2, 1).reshape(len(cube), -1),
        lambda out: out.reshape(len(out), 2, -1).transpose(0, 2, 1),
    ),
    "2-D frame": (
        {"n_channels": 2},
        lambda cube: pd.DataFrame(cube.reshape(len(cube), -1)).add_prefix("c"),
        lambda out: out.reshape(len(out), -1, 2),
    ),
}
RAGGED_FORMS = {
    "list": (list, list),
    "tuple": (tuple, tuple),
    "objects": (as_objects, np.ndarray),
    "frames": (as_frames, list),
    "tuple of frames": (lambda sequences: tuple(as_frames(sequences)), tuple),
    "objects of frames": (lambda sequences: as_objects(as_frames(sequences)), np.ndarray),
}


@every_method
@every_per
@pytest.mark.parametrize("form", EVEN_FORMS)
def test_arrays_keep_their_form(form, method, per):
    params, given_as, back = EVEN_FORMS[form]
    cube = cube_of()
    X = given_as(cube)
    expected = SequenceScaler(method=method, per=per).fit_transform(cube)
    scaler = SequenceScaler(method=method, per=per, **params)
    scaled = scaler.fit_transform(X)
    assert type(scaled) is np.ndarray
    assert scaled.shape == np.shape(X)
    assert_close(back(scaled), expected)
    returned = scaler.inverse_transform(scaled, reference=X)
    assert type(returned) is np.ndarray
    assert_close(returned, X)


@every_method
@every_per
@pytest.mark.parametrize("form", RAGGED_FORMS)
@pytest.mark.parametrize("lengths", [(4, 2, 3), (3, 3, 3), (5,)], ids=str)
def test_lists_keep_their_form(form, method, per, lengths):
    given_as, kind = RAGGED_FORMS[form]
    sequences = [cube_of(1, length, seed=length)[0] for length in lengths]
    X = given_as(sequences)
    scaler = SequenceScaler(method=method, per=per)
    expected = scaler.fit_transform(sequences)
    scaled = clone(scaler).fit(X).transform(X)
    for out in (scaled, clone(scaler).fit(X).inverse_transform(scaled, reference=X)):
        assert type(out) is kind
        for one, given_one in zip(out, X, strict=True):
            assert type(one) is type(given_one)
            if isinstance(one, pd.DataFrame):
                pd.testing.assert_index_equal(one.index, given_one.index)
                pd.testing.assert_index_equal(one.columns, given_one.columns)
    assert_all_close(scaled, expected)


@every_method
@every_per
def test_a_panel_keeps_its_labels(method, per):
    sequences = [cube_of(1, length, seed=length)[0] for length in (4, 2, 3)]
    panel = as_panel(sequences)
    scaler = SequenceScaler(method=method, per=per).fit(panel)
    scaled = scaler.transform(panel)
    returned = scaler.inverse_transform(scaled, reference=panel)
    for out in (scaled, returned):
        pd.testing.assert_index_equal(out.index, panel.index)
        pd.testing.assert_index_equal(out.columns, panel.columns)
    expected = SequenceScaler(method=method, per=per).fit_transform(sequences)
    assert_close(scaled, np.concatenate(expected))
    assert_close(returned, panel)
    assert scaler.feature_names_in_.tolist() == ["level", "flow"]


def test_a_list_of_arrays_and_frames_keeps_each():
    sequences = list(cube_of(3))
    sequences[1] = as_frames(sequences)[1]
    out = SequenceScaler().fit_transform(sequences)
    assert [type(one) for one in out] == [np.ndarray, pd.DataFrame, np.ndarray]


@every_per
@pytest.mark.parametrize("form", ["cube", "table", "list", "panel", "windows"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int8, bool])
def test_single_precision_stays_and_all_else_is_double(form, per, dtype):
    cube = (cube_of() * 10).astype(dtype)
    series = cube.reshape(-1, 2)
    X = {
        "cube": cube,
        "table": cube[..., 0],
        "list": list(cube),
        "panel": as_panel(list(cube)),
        "windows": make_windows(series, window_length=3)[0],
    }[form]
    expected = np.float32 if dtype == np.float32 else np.float64
    scaler = SequenceScaler(per=per).fit(X)
    scaled = scaler.transform(X)
    for out in (scaled, scaler.inverse_transform(scaled, reference=X)):
        for part in out if isinstance(out, list | Windows) else [np.asarray(out)]:
            assert part.dtype == expected
    if per == "feature":
        assert scaler.center_.dtype == scaler.scale_.dtype == np.float64


@every_per
def test_what_was_given_is_neither_changed_nor_shared(per):
    X = cube_of()
    X.flags.writeable = False
    before = X.copy()
    scaled = SequenceScaler(per=per).fit(X).transform(X)
    np.testing.assert_array_equal(X, before)
    assert scaled.flags.writeable
    assert not np.shares_memory(scaled, X)


@every_per
def test_the_number_of_steps_may_differ_from_that_of_the_fit(per):
    cube = cube_of()
    scaler = SequenceScaler(per=per).fit(cube)
    for X in (cube[:, :2], list(cube[:, :2]), as_nameless_panel(list(cube[:, :2]))):
        scaled = np.asarray(scaler.transform(X)).reshape(6, 2, 2)
        if per == "feature":
            np.testing.assert_array_equal(scaled, scaler.transform(cube)[:, :2])


def test_forecasts_go_back_by_the_statistics_of_what_came_before():
    table = cube_of()[..., 0]
    names = pd.DataFrame(table).add_prefix("t")
    per_feature = SequenceScaler().fit(names)
    ahead = np.ones((6, 3))
    assert_close(per_feature.inverse_transform(ahead), table.mean() + table.std() * ahead)
    per_sequence = SequenceScaler(per="sequence").fit(names)
    back = per_sequence.inverse_transform(ahead, reference=names)
    assert_close(back, (table.mean(axis=1) + table.std(axis=1))[:, None] * ahead)


def test_per_feature_a_reference_is_not_looked_at():
    X = cube_of()
    scaler = SequenceScaler().fit(X)
    assert_close(scaler.inverse_transform(scaler.transform(X), reference="anything"), X)


# ------------------------------------------------------------------ windows


WINDOWS = {
    "every row": {"window_length": 4},
    "with a rate": {"window_length": 3, "sampling_rate": 3},
    "with gaps between": {"window_length": 2, "stride": 5},
}


def windows_of(case):
    if case == "short ones":
        return SlidingWindow(4, sampling_rate=2).fit_transform(series_of())
    return make_windows(series_of(), **WINDOWS[case])[0]


every_window = pytest.mark.parametrize("case", [*WINDOWS, "short ones"])


@every_window
@every_method
def test_windows_per_feature_become_windows_of_the_scaled_series(case, method):
    windows = windows_of(case)
    expected = SequenceScaler(method=method).fit(list(windows))
    scaler = SequenceScaler(method=method).fit(windows)
    assert_close(scaler.center_, expected.center_)
    assert_close(scaler.scale_, expected.scale_)
    scaled = scaler.transform(windows)
    assert isinstance(scaled, Windows)
    assert scaled.series.shape == windows.series.shape
    assert scaled.ends is windows.ends
    assert (scaled.window_length, scaled.sampling_rate) == (
        windows.window_length,
        windows.sampling_rate,
    )
    assert_all_close(list(scaled), expected.transform(list(windows)))
    assert_close(scaler.inverse_transform(scaled).series, windows.series)


@every_window
@every_method
def test_windows_per_sequence_become_a_list(case, method):
    windows = windows_of(case)
    scaler = SequenceScaler(method=method, per="sequence").fit(windows)
    scaled = scaler.transform(windows)
    assert type(scaled) is list
    assert_all_close(scaled, [by_hand(window, method) for window in windows])
    assert_all_close(scaler.inverse_transform(scaled, reference=windows), list(windows))


@every_window
@every_method
def test_windows_are_weighed_window_by_window(case, method):
    windows = windows_of(case)
    weights = np.arange(len(windows)) % 3
    scaler = SequenceScaler(method=method).fit(windows, sample_weight=weights)
    expected = SequenceScaler(method=method).fit(list(windows), sample_weight=weights)
    assert_close(scaler.center_, expected.center_)
    assert_close(scaler.scale_, expected.scale_)


def test_rows_that_no_window_holds_take_no_part_but_are_scaled():
    windows = windows_of("with gaps between")[1:3]
    held = np.concatenate(list(windows))
    scaler = SequenceScaler(method="minmax").fit(windows)
    assert_close(scaler.center_, np.nanmin(held, axis=0))
    assert_close(
        scaler.transform(windows).series, (windows.series - scaler.center_) / scaler.scale_
    )


def test_windows_keep_their_names():
    frame = pd.DataFrame(series_of(), columns=["level", "flow"])
    windows = make_windows(frame, window_length=3)[0]
    scaler = SequenceScaler().fit(windows)
    assert scaler.feature_names_in_.tolist() == ["level", "flow"]
    assert scaler.transform(windows).feature_names == ("level", "flow")
