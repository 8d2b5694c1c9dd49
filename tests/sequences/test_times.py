"""The labels of rows are times by what they hold, however that is stored."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from skrnn import SlidingWindow, make_windows
from skrnn.sequences.times import as_times

DAYS = pd.date_range("2024-02-27", periods=9, freq="D").delete(3)
ZONED = pd.date_range("2024-03-30 20:00", periods=9, freq="h", tz="Europe/Berlin").delete(3)
SPANS = pd.timedelta_range("1h", periods=9, freq="h").delete(3)
NUMBERS = pd.Index([0, 1, 2, 4, 5, 6, 7, 8])

#: Times with one step missing before row 3, as others store them, and as pandas does.
STORED = {
    "arrow timestamps": (DAYS.astype("timestamp[ns][pyarrow]"), DAYS),
    "arrow timestamps in seconds": (DAYS.astype("timestamp[s][pyarrow]"), DAYS),
    "arrow timestamps with a zone": (
        ZONED.astype("timestamp[us, tz=Europe/Berlin][pyarrow]"),
        ZONED,
    ),
    "arrow dates": (DAYS.astype("date32[day][pyarrow]"), DAYS),
    "arrow durations": (SPANS.astype("duration[ns][pyarrow]"), SPANS),
    "arrow integers": (NUMBERS.astype("int64[pyarrow]"), NUMBERS),
    "objects of dates": (pd.Index([day.date() for day in DAYS], dtype=object), DAYS),
    "objects of datetimes": (pd.Index(DAYS.to_pydatetime(), dtype=object), DAYS),
    "objects of Timestamps": (pd.Index(list(ZONED), dtype=object), ZONED),
    "objects of time differences": (pd.Index(list(SPANS), dtype=object), SPANS),
    "objects of periods": (
        pd.Index(list(DAYS.to_period("D")), dtype=object),
        DAYS.to_period("D"),
    ),
    "objects of integers": (NUMBERS.astype(object), NUMBERS),
    "decimals": (pd.Index([Decimal(n) for n in NUMBERS], dtype=object), NUMBERS),
    "categories of dates": (pd.CategoricalIndex(DAYS), DAYS),
    "nullable integers": (NUMBERS.astype("Int64"), NUMBERS),
}
TEXTS = {
    "iso dates": (DAYS.strftime("%Y-%m-%d"), "dates", "to_datetime"),
    "iso times": (ZONED.strftime("%Y-%m-%dT%H:%M:%S%z"), "dates", "to_datetime"),
    "dates of another country": (DAYS.strftime("%d/%m/%Y %H:%M"), "dates", "to_datetime"),
    "quarters": (pd.Index([f"{y}Q{q}" for y in (2023, 2024) for q in range(1, 5)]), "dates", ""),
    "dates as arrow text": (DAYS.strftime("%Y-%m-%d").astype("string[pyarrow]"), "dates", ""),
    "dates as categories": (pd.CategoricalIndex(DAYS.strftime("%Y-%m-%d")), "dates", ""),
    "numbers": (NUMBERS.astype(str), "numbers", "to_numeric"),
}
NAMES = {
    "stations": pd.Index(["Linz", "Graz", "Wien", "Wels", "Enns", "Steyr", "Krems", "Melk"]),
    "numbered stations": pd.Index([f"station {n}" for n in range(8)]),
    "codes": pd.Index([f"S{n:02}" for n in range(8)]),
    "truth values": pd.Index([True, False] * 4),
    "times of day": pd.Index([datetime.time(n) for n in range(8)], dtype=object),
    "intervals": pd.IntervalIndex.from_breaks(range(9)),
    "dates and names": pd.Index(["2024-01-01", "total"] * 4),
}


def frame_of(index):
    return pd.DataFrame({"load": np.arange(8.0)}, index=index)


@pytest.mark.parametrize("case", STORED)
def test_times_are_read_however_they_are_stored(case):
    stored, expected = STORED[case]
    X = frame_of(stored)
    window = SlidingWindow(3).fit(X[:6])
    assert window.fit_transform(X[:6]).lengths.tolist() == [1, 2, 3, 1, 2, 3]
    assert window.transform(X[6:]).lengths.tolist() == [3, 3]
    assert make_windows(X, window_length=2)[0].ends.tolist() == [1, 4, 5, 6]
    with pytest.raises(ValueError, match="the index of X has to rise, but row 1"):
        SlidingWindow(3).fit(X[::-1])
    # The fitted rows are continued by those whose times are stored in another way.
    assert window.transform(frame_of(expected)[6:]).lengths.tolist() == [3, 3]
    assert as_times(stored).equals(expected) or (as_times(stored) == expected).all()


@pytest.mark.parametrize("case", TEXTS)
def test_times_hidden_in_text_are_refused(case):
    labels, holds, cure = TEXTS[case]
    X = frame_of(labels)
    says = f"holds {holds} as text, such as {str(labels[0])!r}.*{cure}"
    for call in (SlidingWindow(3).fit, SlidingWindow(3).fit_transform):
        with pytest.raises(ValueError, match="the index of X " + says.replace("+", r"\+")):
            call(X)
    with pytest.raises(ValueError, match="the index of data " + says.replace("+", r"\+")):
        make_windows(X, window_length=3)
    window = SlidingWindow(3).fit(frame_of(pd.date_range("2024", periods=8))[:5])
    with pytest.raises(ValueError, match="the index of X " + says.replace("+", r"\+")):
        window.transform(X)


@pytest.mark.parametrize("case", NAMES)
def test_names_are_said_to_be_no_times(case):
    X = frame_of(NAMES[case])
    for call in (SlidingWindow(3).fit, SlidingWindow(3).fit_transform):
        with pytest.warns(
            UserWarning, match="holds names, such as .*, which are no times"
        ) as warned:
            call(X)
        assert len(warned) == 1
        assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="the index of data holds names") as warned:
        windows, _ = make_windows(X, window_length=3)
    assert warned[0].filename == __file__
    assert len(windows) == 5
    SlidingWindow(3, continues=True).fit(X)  # a warning would be an error


def test_times_of_several_zones_are_refused():
    mixed = pd.Index([*ZONED[:4], *ZONED[4:].tz_convert("UTC")], dtype=object)
    with pytest.raises(ValueError, match=r"times that do not convert to one kind.*one time zone"):
        SlidingWindow(3).fit(frame_of(mixed))


def test_a_missing_time_is_refused_however_it_is_stored():
    stored = pd.Index([*[day.date() for day in DAYS[:-1]], None], dtype=object)
    with pytest.raises(ValueError, match="the index of X has missing times; drop those rows"):
        SlidingWindow(3).fit(frame_of(stored))
