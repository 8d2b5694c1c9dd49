"""Errors of the scaler of sequences, which leave it unchanged."""

import re

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skrnn import SequenceScaler
from tests.preprocessing.scaled import CUBE, as_nameless_panel, as_panel, every_per

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
