"""Errors of the detector with sktime's interface."""

import copy

import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn import SequenceAnomalyDetector, SequenceDetector
from tests.forecasting.series import refuses, wave


@pytest.mark.parametrize("given", ["a", 3, SequenceAnomalyDetector, skrnn.GRURegressor()])
def test_a_detector_that_is_none(given):
    match = "detector=.* was given to SequenceDetector, which accepts a SequenceAnomalyDetector"
    refuses(SequenceDetector(given).fit, wave(), error=TypeError, match=match)


def test_a_series_without_rows_and_texts():
    detector = SequenceDetector(SequenceAnomalyDetector(epochs=1, random_state=0))
    refuses(detector.fit, wave(0), match="X has no rows")
    refuses(detector.fit, wave().astype("str"), error=TypeError, match="X holds str values")
    frame = pd.DataFrame({"load": wave(), "kind": "a"})
    refuses(detector.fit, frame, error=TypeError, match="the column 'kind' of X holds str")
    detector.fit(wave())
    refuses(detector.update, wave().astype("str"), error=TypeError, match="X holds str values")
    for method in (detector.predict, detector.transform_scores):
        with pytest.raises(TypeError, match="X holds str values"):
            method(wave().astype("str"))


def test_a_series_is_updated_with_a_series():
    detector = SequenceDetector(SequenceAnomalyDetector(epochs=1, random_state=0))
    before = detector.fit(wave(30)).transform_scores(wave())
    after = detector.update(wave(10, start=30)).transform_scores(wave())
    assert np.isfinite(after).all(axis=None)
    assert not np.array_equal(after, before)


def test_missing_values_of_any_dtype_have_the_same_scores():
    quick = {"epochs": 1, "random_state": 0, "missing": "mask"}
    y = wave().astype("float64")
    y.iloc[7] = np.nan
    scores = [
        SequenceDetector(SequenceAnomalyDetector(**quick)).fit(each).transform_scores(each)
        for each in (y, y.astype("Float64"), y.astype("double[pyarrow]"))
    ]
    for other in scores[1:]:
        np.testing.assert_array_equal(other, scores[0])


def two_columns(n=30, start=0):
    y = wave(n, start)
    return pd.DataFrame({"load": y, "price": y**2 + 3})


def test_columns_are_those_of_the_fit_in_whatever_order_they_come():
    detector = SequenceDetector(SequenceAnomalyDetector(epochs=1, random_state=0))
    scores = detector.fit(two_columns()).transform_scores(two_columns())
    swapped = two_columns()[["price", "load"]]
    pd.testing.assert_frame_equal(detector.transform_scores(swapped), scores)
    updated = copy.deepcopy(detector).update(swapped).transform_scores(two_columns())
    expected = copy.deepcopy(detector).update(two_columns()).transform_scores(two_columns())
    pd.testing.assert_frame_equal(updated, expected)
    others = two_columns().rename(columns={"price": "wind"})
    refuses(detector.predict, others, match="X has the columns .*'wind'.* the fit had .*'price'")


def test_what_cannot_be_read_leaves_no_trace():
    detector = SequenceDetector(SequenceAnomalyDetector(epochs=1, random_state=0)).fit(wave())
    unreadable = wave().set_axis([pd.NaT, *wave().index[1:]])
    for name in ("predict", "predict_scores", "transform", "transform_scores", "predict_points"):
        refuses(getattr(detector, name), wave().astype("str"), error=TypeError, match="str values")
        refuses(getattr(detector, name), unreadable, match=r"have no time|must be sorted")
        refuses(getattr(detector, name), two_columns(), match="X has 2 features")
    weights = detector.detector_.weights_
    refuses(detector.update, two_columns(), match="X has 2 features")
    assert detector.detector_.weights_ is weights


def test_rows_of_any_times_and_byte_order_update_a_detector():
    detector = SequenceDetector(SequenceAnomalyDetector(epochs=1, random_state=0)).fit(wave(30))
    later = wave(10, start=30)
    expected = copy.deepcopy(detector).update(later).transform_scores(wave())
    for given in (later.astype(">f8"), later.tz_localize("UTC"), later.to_numpy()):
        found = copy.deepcopy(detector).update(given).transform_scores(wave())
        pd.testing.assert_frame_equal(found, expected)
