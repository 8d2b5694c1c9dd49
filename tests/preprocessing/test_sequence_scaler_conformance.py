"""The scaler of sequences in scikit-learn: its suite, routing, output, copies, pipelines."""

import pickle
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import SequenceScaler, make_windows
from tests.conftest import make
from tests.preprocessing.scaled import (
    CUBE,
    as_panel,
    assert_close,
    cube_of,
    every_method,
    every_per,
    series_of,
)

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
def test_sequences_keep_their_form_whatever_output_is_requested(per):
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
