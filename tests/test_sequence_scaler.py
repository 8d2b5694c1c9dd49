"""Scaling is that of scikit-learn over all steps; every form of sequences keeps its form."""

import pickle
import re
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import SequenceScaler, SlidingWindow, Windows, make_windows
from tests.conftest import make

METHODS = ["standard", "minmax", "robust"]
every_method = pytest.mark.parametrize("method", METHODS)
every_per = pytest.mark.parametrize("per", ["feature", "sequence"])

#: Eighths have no rounding error, so what is constant is exactly so.
NUMBERS = st.integers(-4000, 4000).map(lambda number: number / 8)
SOME_MISSING = NUMBERS | st.just(np.nan)
METHOD = st.sampled_from(METHODS)
PER = st.sampled_from(["feature", "sequence"])


@st.composite
def ragged(draw, elements=SOME_MISSING):
    """Draw a list of arrays (n_steps_i, n_features)."""
    n_features = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    return [draw(arrays(np.float64, (length, n_features), elements=elements)) for length in lengths]


@st.composite
def cubes(draw, elements=SOME_MISSING):
    """Draw an array (n_samples, n_steps, n_features)."""
    return draw(arrays(np.float64, st.tuples(*[st.integers(1, 4)] * 3), elements=elements))


def reference(method, **params):
    """Return the scaler of scikit-learn."""
    kinds = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
    return kinds[method](**params)


def assert_close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def assert_all_close(a, b):
    assert len(a) == len(b)
    for one, other in zip(a, b, strict=True):
        assert_close(one, other)


def cube_of(n_samples=6, n_steps=5, n_features=2, seed=0):
    return np.random.default_rng(seed).normal(3, 2, (n_samples, n_steps, n_features))


CUBE = cube_of()


# ------------------------------------------------------------------ per feature


@settings(deadline=None)
@given(X=ragged(), method=METHOD)
def test_scaling_is_that_of_scikit_learn_over_all_steps(X, method):
    ours = SequenceScaler(method=method).fit(X)
    steps = np.concatenate(X)
    scaled = np.concatenate(ours.transform(X))
    assert ours.center_.shape == ours.scale_.shape == (steps.shape[1],)
    for feature, column in enumerate(steps.T):
        if np.isnan(column).all():
            assert np.isnan(scaled[:, feature]).all()
            assert ours.scale_[feature] == 1
            assert ours.center_[feature] == 0
            continue
        assert_close(scaled[:, [feature]], reference(method).fit_transform(column[:, None]))


@settings(deadline=None)
@given(X=ragged(NUMBERS), ends=st.tuples(NUMBERS, NUMBERS).filter(lambda ends: ends[0] < ends[1]))
def test_the_range_is_the_one_asked_for(X, ends):
    ours = SequenceScaler(method="minmax", feature_range=ends).fit_transform(X)
    theirs = MinMaxScaler(feature_range=ends).fit_transform(np.concatenate(X))
    assert_close(np.concatenate(ours), theirs)


@settings(deadline=None)
@given(
    X=ragged(NUMBERS),
    ends=st.lists(st.integers(0, 100), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_the_quantiles_are_the_ones_asked_for(X, ends):
    steps = np.concatenate(X)
    ours = SequenceScaler(method="robust", quantile_range=ends).fit(X)
    lower, upper = np.percentile(steps, ends, axis=0)
    assert_close(ours.center_, np.median(steps, axis=0))
    assert_close(ours.scale_[upper > lower], (upper - lower)[upper > lower])
    assert (ours.scale_[upper == lower] == 1).all()


@every_method
def test_a_feature_that_was_never_observed_keeps_its_values(method):
    X = [np.array([[np.nan, 1.0], [np.nan, 2.0]])]
    scaler = SequenceScaler(method=method, quantile_range=(0, 100)).fit(X)
    assert (scaler.center_[0], scaler.scale_[0]) == (0, 1)
    assert scaler.transform([np.array([[7.0, 1.0]])])[0][0, 0] == 7


@every_method
def test_single_precision_is_measured_in_double(method):
    X = np.array([[[0.1], [10_000 / 3], [50_000 / 7]]], dtype=np.float32)
    single = SequenceScaler(method=method).fit(X)
    double = SequenceScaler(method=method).fit(X.astype(np.float64))
    np.testing.assert_array_equal(single.center_, double.center_)
    np.testing.assert_array_equal(single.scale_, double.scale_)
    assert single.center_.dtype == single.scale_.dtype == np.float64


def test_a_longer_sequence_counts_by_its_steps():
    scaler = SequenceScaler().fit([np.zeros((1, 1)), np.ones((3, 1))])
    assert scaler.center_ == pytest.approx([0.75])


@every_method
@every_per
def test_a_feature_that_never_varies_is_centred_and_keeps_its_unit(method, per):
    X = np.stack([np.full((4, 5), 0.1), np.random.default_rng(0).normal(size=(4, 5))], axis=2)
    scaler = SequenceScaler(method=method, per=per).fit(X)
    assert np.abs(scaler.transform(X)[..., 0]).max() < 1e-15
    if per == "feature":
        assert scaler.scale_[0] == 1
        assert scaler.transform(X + 2)[..., 0] == pytest.approx(2)


@pytest.mark.parametrize(
    ("method", "params"),
    [("standard", {}), ("minmax", {"feature_range": (-1, 3)}), ("robust", {})],
)
def test_a_feature_that_never_varied_is_scaled_as_by_scikit_learn(method, params):
    fitted, new = np.full((4, 5, 1), 7.0), CUBE[..., :1]
    theirs = reference(method, **params).fit(fitted.reshape(-1, 1))
    ours = SequenceScaler(method=method, **params).fit(fitted)
    assert_close(ours.transform(new).reshape(-1, 1), theirs.transform(new.reshape(-1, 1)))


@every_method
@pytest.mark.parametrize("size", [1e-20, 1e20])
def test_the_unit_of_a_feature_makes_no_difference(method, size):
    X = cube_of()
    assert_close(
        SequenceScaler(method=method).fit_transform(X * size),
        SequenceScaler(method=method).fit_transform(X),
    )


@settings(deadline=None)
@given(X=ragged(), new=ragged(), method=METHOD)
def test_what_is_scaled_takes_no_part_in_the_statistics(X, new, method):
    new = [np.resize(sequence, (len(sequence), X[0].shape[1])) for sequence in new]
    scaler = SequenceScaler(method=method).fit(X)
    expected = [(sequence - scaler.center_) / scaler.scale_ for sequence in new]
    assert_all_close(scaler.transform(new), expected)


# ------------------------------------------------------------------ per sequence


def by_hand(sequence, method):
    """Return one sequence scaled by its own statistics."""
    scaled = np.full_like(sequence, np.nan)
    for feature, column in enumerate(sequence.T):
        seen = column[~np.isnan(column)]
        if len(seen) == 0:
            continue
        if method == "standard":
            centre, scale = seen.mean(), seen.std()
        elif method == "minmax":
            centre, scale = seen.min(), seen.max() - seen.min()
        else:
            lower, upper = np.quantile(seen, [0.25, 0.75])
            centre, scale = np.median(seen), upper - lower
        scaled[:, feature] = (column - centre) / (scale or 1)
    return scaled


@settings(deadline=None)
@given(X=ragged(), method=METHOD)
def test_per_sequence_each_is_scaled_by_itself(X, method):
    scaler = SequenceScaler(method=method, per="sequence").fit(X)
    assert_all_close(scaler.transform(X), [by_hand(sequence, method) for sequence in X])


@every_method
def test_per_sequence_learns_nothing_but_the_shape(method):
    one, other = cube_of(seed=1), cube_of(seed=2) * 9
    scaler = SequenceScaler(method=method, per="sequence").fit(one)
    assert not hasattr(scaler, "center_")
    assert not hasattr(scaler, "scale_")
    np.testing.assert_array_equal(
        scaler.transform(other), clone(scaler).fit(other).transform(other)
    )


def test_per_sequence_the_parameters_of_the_method_are_in_force():
    X = [np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])]
    ranged = SequenceScaler(method="minmax", per="sequence", feature_range=(-1, 1))
    assert_close(ranged.fit_transform(X)[0][:, 0], [-1, -0.5, 0, 0.5, 1])
    robust = SequenceScaler(method="robust", per="sequence", quantile_range=(0, 100))
    assert_close(robust.fit_transform(X)[0][:, 0], [-0.5, -0.25, 0, 0.25, 0.5])


@pytest.mark.parametrize("per", ["feature", "sequence"])
def test_what_scales_is_that_of_the_fit(per):
    X = cube_of()
    scaler = SequenceScaler(per=per).fit(X)
    expected = scaler.transform(X)
    for params in ({"method": "minmax"}, {"per": "feature"}, {"per": "sequence"}):
        np.testing.assert_array_equal(scaler.set_params(**params).transform(X), expected)


# ------------------------------------------------------------------ laws


@settings(deadline=None)
@given(X=ragged(), method=METHOD)
def test_the_way_back_gives_the_values(X, method):
    scaler = SequenceScaler(method=method).fit(X)
    assert_all_close(scaler.inverse_transform(scaler.transform(X)), X)


@settings(deadline=None)
@given(X=ragged(), method=METHOD)
def test_the_way_back_per_sequence_takes_the_statistics_of_the_reference(X, method):
    scaler = SequenceScaler(method=method, per="sequence").fit(X)
    assert_all_close(scaler.inverse_transform(scaler.transform(X), reference=X), X)


@settings(deadline=None)
@given(X=cubes(), method=METHOD, per=PER)
def test_a_list_is_scaled_as_its_array(X, method, per):
    scaler = SequenceScaler(method=method, per=per)
    as_array, as_list = scaler.fit_transform(X), clone(scaler).fit_transform(list(X))
    np.testing.assert_array_equal(as_array, np.stack(as_list))


@settings(deadline=None)
@given(X=ragged(), method=METHOD, per=PER, data=st.data())
def test_missing_steps_make_no_difference(X, method, per, data):
    holed, kept = [], []
    for sequence in X:
        place = data.draw(st.integers(0, len(sequence)))
        holed.append(np.insert(sequence, [place] * 2, np.nan, axis=0))
        kept.append(np.delete(np.arange(len(sequence) + 2), [place, place + 1]))
    scaler = SequenceScaler(method=method, per=per)
    scaled = clone(scaler).fit_transform(holed)
    expected = scaler.fit_transform(X)
    for got, rows, want in zip(scaled, kept, expected, strict=True):
        assert_close(got[rows], want)
        assert np.isnan(np.delete(got, rows, axis=0)).all()


@settings(deadline=None)
@given(X=ragged(), method=METHOD, per=PER, random=st.randoms(use_true_random=False))
def test_the_order_of_sequences_makes_no_difference(X, method, per, random):
    order = random.sample(range(len(X)), len(X))
    scaler = SequenceScaler(method=method, per=per)
    expected = scaler.fit_transform(X)
    shuffled = clone(scaler).fit_transform([X[row] for row in order])
    assert_all_close(shuffled, [expected[row] for row in order])


@settings(deadline=None)
@given(X=ragged(), method=METHOD, per=PER)
def test_a_sequence_is_scaled_the_same_whatever_stands_beside_it(X, method, per):
    scaler = SequenceScaler(method=method, per=per).fit(X)
    together = scaler.transform(X)
    for row, sequence in enumerate(X):
        assert_all_close(scaler.transform([sequence]), together[row : row + 1])


# ------------------------------------------------------------------ weights


@settings(deadline=None)
@given(X=ragged(), method=METHOD, data=st.data())
def test_a_weight_is_a_number_of_repeats_and_zero_leaves_out(X, method, data):
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(X), max_size=len(X)).filter(any))
    all_equal = len(set(times) - {0}) == 1  # which is as good as no weights
    n_repeats = np.sign(times) if method == "robust" and all_equal else times
    repeated = [X[row] for row in np.repeat(np.arange(len(X)), n_repeats)]
    weighted = SequenceScaler(method=method).fit(X, sample_weight=times)
    expected = SequenceScaler(method=method).fit(repeated)
    assert_close(weighted.center_, expected.center_)
    assert_close(weighted.scale_, expected.scale_)


@settings(deadline=None)
@given(X=ragged(), method=METHOD, factor=st.floats(0.01, 100))
def test_equal_weights_make_no_difference(X, method, factor):
    weighted = SequenceScaler(method=method).fit(X, sample_weight=[factor] * len(X))
    unweighted = SequenceScaler(method=method).fit(X)
    assert_close(weighted.center_, unweighted.center_)
    np.testing.assert_allclose(weighted.scale_, unweighted.scale_, rtol=1e-6)


def test_any_weights_are_those_of_scikit_learns_standard_scaler():
    generator = np.random.default_rng(0)
    X = [generator.normal(size=(length, 2)) for length in (3, 1, 5, 2)]
    weights = generator.uniform(0.1, 5, 4)
    ours = SequenceScaler().fit(X, sample_weight=weights)
    theirs = StandardScaler().fit(
        np.concatenate(X), sample_weight=np.repeat(weights, [len(sequence) for sequence in X])
    )
    assert_close(ours.center_, theirs.mean_)
    assert_close(ours.scale_, theirs.scale_)


def test_weights_reach_the_scaler_in_a_pipeline():
    X = cube_of()
    weights = np.arange(6)
    pipeline = make_pipeline(SequenceScaler()).fit(X, sequencescaler__sample_weight=weights)
    assert_close(pipeline[0].center_, SequenceScaler().fit(X, sample_weight=weights).center_)


@pytest.mark.parametrize(
    ("weights", "method", "message"),
    [
        ([1, 2], "standard", "sample_weight.shape == "),
        ([1, 2, -1], "standard", "[Nn]egative"),
        ([1, 2, np.nan], "standard", "NaN"),
        ([0, 0, 0], "standard", "(?i)weight.*zero"),
        ([0, 0, 0], "robust", "(?i)weight.*zero"),
    ],
)
@every_per
def test_bad_weights_are_refused(weights, method, message, per):
    scaler = SequenceScaler(method=method, per=per)
    with pytest.raises(ValueError, match=message):
        scaler.fit(cube_of(3), sample_weight=weights)
    assert vars(scaler) == vars(clone(scaler))


def test_shares_of_a_sequence_have_no_quantiles():
    scaler, weights = SequenceScaler(method="robust"), [1, 1, 0.5]
    with pytest.raises(ValueError, match=r"holds 0\.5; with method='robust'.*method='standard'"):
        scaler.fit(CUBE[:3], sample_weight=weights)
    assert vars(scaler) == vars(clone(scaler))
    scaler.set_params(per="sequence").fit(CUBE[:3], sample_weight=weights)


# ------------------------------------------------------------------ forms


def as_objects(sequences):
    objects = np.empty(len(sequences), dtype=object)
    for row, sequence in enumerate(sequences):
        objects[row] = sequence
    return objects


def as_frames(sequences):
    days = [
        pd.date_range("2024-01-01", periods=len(sequence), name="day") for sequence in sequences
    ]
    return [
        pd.DataFrame(sequence, columns=["level", "flow"], index=index)
        for sequence, index in zip(sequences, days, strict=True)
    ]


def as_panel(sequences):
    return pd.concat(dict(enumerate(as_frames(sequences), 10)), names=["site", "day"])


def as_nameless_panel(sequences):
    return as_panel(sequences).set_axis([0, 1], axis=1)


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


def series_of(n_rows=30, n_features=2):
    series = np.random.default_rng(3).normal(5, 2, (n_rows, n_features)).cumsum(axis=0)
    series[4, 0] = np.nan
    return series


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


# ------------------------------------------------------------------ input that is refused

BAD_X = {
    "infinity": (
        np.where(np.arange(60).reshape(6, 5, 2) == 31, np.inf, CUBE),
        ValueError,
        "sequence 3",
    ),
    "four dimensions": (CUBE[None], ValueError, "X has 4 dimensions; sequences have"),
    "one dimension": (CUBE[:, 0, 0], ValueError, "Reshape your data"),
    "nothing": (np.empty((0, 5, 2)), ValueError, "0 sample"),
    "widths": ([CUBE[0], CUBE[1, :, :1]], ValueError, r"\[1, 2\] features"),
    "strings": (np.full((3, 5), "a"), ValueError, "could not convert|numeric"),
    "complex": (CUBE[0] + 1j, ValueError, "Complex data not supported"),
}


@every_per
@pytest.mark.parametrize("case", BAD_X)
def test_bad_x_is_refused_and_the_scaler_stays_as_it_was(case, per):
    X, error, message = BAD_X[case]
    unfitted, fitted = SequenceScaler(per=per), SequenceScaler(per=per).fit(CUBE)
    for scaler in (unfitted, fitted):
        before = dict(vars(scaler))
        with pytest.raises(error, match=message):
            scaler.fit(X)
        assert vars(scaler) == before
    with pytest.raises(NotFittedError):
        unfitted.transform(CUBE)
    for method in (fitted.transform, fitted.inverse_transform):
        with pytest.raises(error, match=message):
            method(X)


@every_per
def test_other_features_are_refused(per):
    fitted = SequenceScaler(per=per).fit(CUBE)
    for X in (CUBE[..., :1], list(CUBE[..., :1]), as_nameless_panel(list(CUBE))[[0]]):
        with pytest.raises(ValueError, match="X has 1 features, but SequenceScaler is expecting 2"):
            fitted.transform(X)
        with pytest.raises(ValueError, match="X has 1 features a step but SequenceScaler was fitt"):
            fitted.inverse_transform(X, reference=CUBE)
    with pytest.raises(ValueError, match="X has 5 features, but SequenceScaler is expecting 2"):
        fitted.transform(CUBE[..., 0])
    with pytest.raises(ValueError, match=r"X has 1 features a step.* was fitted with 2"):
        fitted.transform(CUBE[:, :2, 0])


def test_other_names_are_refused():
    panel = as_panel(list(CUBE))
    with pytest.raises(ValueError, match="feature names should match"):
        SequenceScaler().fit(panel).transform(panel[["flow", "level"]])


def test_per_sequence_the_way_back_needs_a_fitting_reference():
    scaler = SequenceScaler(per="sequence").fit(CUBE)
    scaled = scaler.transform(CUBE)
    with pytest.raises(ValueError, match=r"per='sequence'.*inverse_transform\(X, reference="):
        scaler.inverse_transform(scaled)
    with pytest.raises(ValueError, match="reference has 5 sequences and X has 6; give"):
        scaler.inverse_transform(scaled, reference=CUBE[:5])
    with pytest.raises(ValueError, match="1 features a step"):
        scaler.inverse_transform(scaled, reference=CUBE[..., :1])


@pytest.mark.parametrize(
    "params",
    [
        {"method": "maxabs"},
        {"per": "step"},
        {"feature_range": (1, 0)},
        {"feature_range": (1, 1)},
        {"feature_range": (0, 1, 2)},
        {"feature_range": (0, np.inf)},
        {"feature_range": (-np.inf, 0)},
        {"feature_range": ("a", "b")},
        {"feature_range": 1},
        {"quantile_range": (75, 25)},
        {"quantile_range": (50, 101)},
        {"quantile_range": (-1, 50)},
        {"n_channels": 0},
        {"layout": "steps_first"},
    ],
    ids=str,
)
def test_a_parameter_out_of_its_domain_is_refused(params):
    ((name, value),) = params.items()
    message = f"{name}={value!r} was given to SequenceScaler, which accepts "
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceScaler(**params).fit(CUBE)


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "get_feature_names_out"])
def test_nothing_works_before_the_fit(method):
    arguments = [] if method == "get_feature_names_out" else [CUBE]
    with pytest.raises(NotFittedError):
        getattr(SequenceScaler(), method)(*arguments)


# ------------------------------------------------------------------ scikit-learn


SUITE = {
    "standard-feature": {},
    "minmax-feature": {"method": "minmax"},
    "robust-feature": {"method": "robust"},
    "standard-sequence": {"per": "sequence"},
    "minmax-sequence": {"method": "minmax", "per": "sequence", "feature_range": (-1, 1)},
    "robust-sequence": {"method": "robust", "per": "sequence"},
}
#: Checks of scikit-learn's own transformers, which its generator leaves out.
OUTPUT_CHECKS = [
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_set_output_transform",
    "check_n_features_in_after_fitting",
    "check_dataframe_column_names_consistency",
]


#: The one check that calls ``inverse_transform`` with nothing but X. Per sequence that cannot
#: be: it is seen to fail for this reason, and to pass where a reference is given.
CALLS_THE_WAY_BACK = "check_array_api_input"


def name_of(check):
    return getattr(check, "func", check).__name__


def suite(case):
    return [check for _, check in estimator_checks_generator(SequenceScaler(**SUITE[case]))]


def checks():
    pairs = []
    for case in SUITE:
        for number, check in enumerate(suite(case)):
            pairs.append(pytest.param(case, number, id=f"{case}-{name_of(check)}-{number}"))
    assert len(pairs) >= 45 * len(SUITE)
    return pairs


class SequenceScalerThatRefersToX(SequenceScaler):
    """Per sequence, the way back takes the statistics of what is to go back."""

    def inverse_transform(self, X, reference=None):
        return super().inverse_transform(X, X if reference is None else reference)


@pytest.mark.parametrize(("case", "number"), checks())
def test_scikit_learn_suite(case, number):
    check = suite(case)[number]
    kind = SequenceScaler
    if "sequence" in case and name_of(check) == CALLS_THE_WAY_BACK:
        with pytest.raises(ValueError, match="inverse_transform\\(X, reference="):
            check(SequenceScaler(**SUITE[case]))
        kind = SequenceScalerThatRefersToX
    try:
        check(kind(**SUITE[case]))
    except SkipTest as reason:
        pytest.fail(f"the check skipped itself: {reason}")


@pytest.mark.parametrize("case", SUITE)
@pytest.mark.parametrize("name", OUTPUT_CHECKS)
def test_scikit_learn_checks_of_output(case, name):
    getattr(estimator_checks, name)("SequenceScaler", SequenceScaler(**SUITE[case]))


def test_weights_and_references_are_routed():
    weights = np.arange(6)
    with config_context(enable_metadata_routing=True):
        learning = SequenceScaler().set_fit_request(sample_weight=True)
        fitted = make_pipeline(learning).fit(CUBE, sample_weight=weights)
        each = SequenceScaler(per="sequence").set_inverse_transform_request(reference=True)
        pipeline = make_pipeline(each).fit(CUBE)
        back = pipeline.inverse_transform(pipeline.transform(CUBE), reference=CUBE)
    assert_close(fitted[0].center_, SequenceScaler().fit(CUBE, sample_weight=weights).center_)
    assert_close(back, CUBE)


def test_the_tags_tell_what_is_taken():
    tags = SequenceScaler().__sklearn_tags__()
    assert tags.input_tags.allow_nan
    assert tags.input_tags.three_d_array
    assert tags.transformer_tags.preserves_dtype == ["float64", "float32"]
    assert not tags.no_validation
    assert not tags.non_deterministic


@every_per
def test_sequences_keep_their_form_whatever_output_is_asked_for(per):
    scaler = SequenceScaler(per=per)
    assert scaler.set_output(transform="pandas") is scaler
    panel = as_panel(list(CUBE))
    expected = scaler.fit_transform(CUBE)
    with config_context(transform_output="pandas"):
        pipeline = make_pipeline(SequenceScaler(per=per)).set_output(transform="pandas")
        np.testing.assert_array_equal(pipeline.fit_transform(CUBE), expected)
        np.testing.assert_array_equal(scaler.fit_transform(CUBE[..., 0]).shape, (6, 5))
        assert isinstance(scaler.fit_transform(list(CUBE)), list)
        pd.testing.assert_index_equal(scaler.fit_transform(panel).index, panel.index)


@every_per
def test_transform_changes_nothing(per):
    scaler = SequenceScaler(per=per).fit(CUBE)
    before = dict(vars(scaler))
    scaler.inverse_transform(scaler.transform(list(CUBE[:, :3])), reference=CUBE)
    assert vars(scaler) == before


def test_a_second_fit_forgets_the_first():
    scaler = SequenceScaler().fit(as_panel(list(CUBE)))
    scaler.set_params(per="sequence").fit(CUBE[..., :1])
    assert scaler.n_features_in_ == 1
    for name in ("center_", "scale_", "feature_names_in_"):
        assert not hasattr(scaler, name)


@every_method
@every_per
def test_copies_work_as_the_original(method, per):
    scaler = SequenceScaler(method=method, per=per).fit(CUBE)
    expected = scaler.transform(CUBE)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(scaler)).transform(CUBE), expected)
    np.testing.assert_array_equal(clone(scaler).fit_transform(CUBE), expected)
    with pytest.raises(NotFittedError):
        clone(scaler).transform(CUBE)


def test_parameters_are_got_and_set():
    scaler = SequenceScaler(method="minmax")
    assert scaler.get_params() == {
        "method": "minmax",
        "per": "feature",
        "feature_range": (0, 1),
        "quantile_range": (25.0, 75.0),
        "n_channels": None,
        "layout": "channels_last",
    }
    assert scaler.set_params(per="sequence") is scaler
    assert repr(scaler) == "SequenceScaler(method='minmax', per='sequence')"


def test_a_network_is_fitted_to_scaled_sequences_in_a_pipeline():
    sequences = [cube_of(1, length, seed=length)[0] for length in range(3, 15)]
    y = np.array([sequence[-1, 0] for sequence in sequences])
    model = make_pipeline(
        FunctionTransformer(), SequenceScaler(method="minmax"), make("GRURegressor")
    ).fit(sequences, y)
    assert model.predict(sequences).shape == (12,)
    windows, targets = make_windows(series_of()[5:, 0], window_length=4)
    model = make_pipeline(SequenceScaler(), make("GRURegressor")).fit(windows, targets)
    assert model.predict(windows).shape == (len(windows),)
