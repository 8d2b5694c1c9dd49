"""What the detector with sktime's interface refuses, and says of it."""

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
    refuses(detector.fit, wave().astype("str"), error=TypeError, match="of X holds str values")
    frame = pd.DataFrame({"load": wave(), "kind": "a"})
    refuses(detector.fit, frame, error=TypeError, match="the column 'kind' of X holds str")
    detector.fit(wave())
    refuses(detector.update, wave().astype("str"), error=TypeError, match="X holds str values")
    for method in (detector.predict, detector.transform_scores):
        with pytest.raises(TypeError, match="of X holds str values"):
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
