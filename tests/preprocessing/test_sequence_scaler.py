"""Scaling is that of scikit-learn over all steps, or over those of each sequence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skrnn import SequenceScaler
from tests.preprocessing.scaled import (
    CUBE,
    METHOD,
    NUMBERS,
    PER,
    assert_all_close,
    assert_close,
    by_hand,
    cube_of,
    cubes,
    every_method,
    every_per,
    ragged,
    reference,
)

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
def test_the_range_is_the_one_requested(X, ends):
    ours = SequenceScaler(method="minmax", feature_range=ends).fit_transform(X)
    theirs = MinMaxScaler(feature_range=ends).fit_transform(np.concatenate(X))
    assert_close(np.concatenate(ours), theirs)


@settings(deadline=None)
@given(
    X=ragged(NUMBERS),
    ends=st.lists(st.integers(0, 100), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_the_quantiles_are_the_ones_requested(X, ends):
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
def test_a_feature_that_never_varies_is_centered_and_keeps_its_unit(method, per):
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
        ([0, 0, 0], "standard", "Sample weights .*(non-zero number|0 everywhere)"),
        ([0, 0, 0], "robust", "Sample weights .*(non-zero number|0 everywhere)"),
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
