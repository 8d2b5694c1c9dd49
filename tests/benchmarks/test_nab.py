"""The scores of the Numenta anomaly benchmark, against values computed by hand."""

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "tasks" / "nab.py"
spec = importlib.util.spec_from_file_location("nab", PATH)
nab = importlib.util.module_from_spec(spec)
sys.modules["nab"] = nab
spec.loader.exec_module(nab)


def file(n_rows=100, windows=((40, 49),), name="one.csv"):
    times = pd.date_range("2020-01-01", periods=n_rows, freq="h")
    return nab.File(name, times, np.zeros(n_rows), list(windows))


def scores(n_rows=100, **at):
    values = np.zeros(n_rows)
    for row, score in at.items():
        values[int(row[1:])] = score
    return values


def test_the_sigmoid_has_the_published_values():
    assert nab.scaled_sigmoid(-1.0) == pytest.approx(0.98661, abs=1e-5)
    assert nab.scaled_sigmoid(-0.5) == pytest.approx(0.84828, abs=1e-5)
    assert nab.scaled_sigmoid(0.0) == 0.0
    assert nab.scaled_sigmoid(1.0) == pytest.approx(-0.98661, abs=1e-5)
    assert nab.scaled_sigmoid(3.1) == -1.0


def test_what_a_row_is_worth():
    worth = nab.worths(100, [(40, 49)])
    assert worth[40] == pytest.approx(1.0)  # the left end of a window of 10
    assert worth[49] == pytest.approx((2 / (1 + math.exp(-0.5)) - 1) / 0.98661430)
    np.testing.assert_allclose(worth[:40], -0.11)
    assert worth[50] == pytest.approx(0.11 * (2 / (1 + math.exp(5 / 9)) - 1))
    assert worth[58] == pytest.approx(-0.11 * 0.98661, abs=1e-5)
    assert worth[80] == -0.11  # more than three widths behind


def test_the_first_detection_in_a_window_counts_and_each_false_one():
    found = scores(a20=1, a44=1, a47=1, a90=1, a3=1)  # row 3 is in the probationary part
    outcome = nab.outcome_at([file()], [found], 0.5)
    first = (2 / (1 + math.exp(-5 * 0.6)) - 1) / 0.98661430
    assert outcome.score == pytest.approx(first - 2 * 0.11, abs=1e-6)
    assert (outcome.n_found, outcome.n_windows, outcome.n_false) == (1, 1, 2)


def test_a_perfect_detector_scores_100_and_a_silent_one_0():
    files = [file(), file(windows=(), name="calm.csv")]
    assert nab.best_outcome(files, [scores(a40=1), scores()]).normalized == pytest.approx(100.0)
    silent = nab.best_outcome(files, [scores(), scores()])
    assert silent.normalized == 0.0
    assert silent.n_false == 0


def test_the_threshold_is_the_one_that_is_best_for_all_files():
    files = [file(name="a.csv"), file(name="b.csv")]
    given = [scores(a40=0.9, a20=0.5), scores(a40=0.4, a25=0.5)]
    best = nab.best_outcome(files, given)
    assert best.threshold == 0.4  # two false alarms cost less than a window
    assert best.score == pytest.approx(2.0 - 0.22)
    tried = [nab.outcome_at(files, given, threshold).score for threshold in (0.9, 0.5, 0.4, 0.1)]
    assert best.score == max(tried)


def test_probation_is_15_percent_and_at_most_750_rows():
    assert [nab.probation(n) for n in (100, 4032, 5000, 22695)] == [15, 604, 750, 750]


def test_the_windowed_gaussian_is_that_of_a_plain_loop():
    values = np.random.default_rng(0).normal(size=60)
    found = nab.windowed_gaussian(values, window=20, step=5)
    window, buffer, statistics = [], [], None
    for row, value in enumerate(values):
        expected = (
            0.0
            if statistics is None
            else 1 - norm.sf(abs(value - statistics[0]) / (statistics[1] or 1e-6))
        )
        assert found[row] == pytest.approx(expected)
        if len(window) < 20:
            window.append(value)
        else:
            buffer.append(value)
        if len(buffer) == 5:
            window, buffer = window[5:] + buffer, []
        statistics = np.mean(window), np.std(window)
