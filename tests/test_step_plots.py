"""Displays of anomaly scores, events and attention weights show what the estimators return."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")  # no window is opened

import matplotlib.pyplot as plt

from skrnn import (
    AnomalyDisplay,
    AttentionDisplay,
    EventDisplay,
    SequenceAnomalyDetector,
    SequenceLabeler,
    SequenceTranslator,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def jumping():
    """Return two waves, one of which jumps at two places, and where it does."""
    quiet = np.sin(np.arange(120) / 4)[:, None]
    loud, jumps = quiet.copy(), np.zeros(120, dtype=bool)
    loud[60:63], jumps[60:63] = 5.0, True
    return [quiet, loud], jumps


@pytest.fixture(scope="module")
def detector(jumping):
    return SequenceAnomalyDetector(epochs=30, chunk_length=40, random_state=0).fit(jumping[0][:1])


def test_anomalies_are_those_of_the_detector(detector, jumping):
    X, jumps = jumping
    display = AnomalyDisplay.from_estimator(detector, X, sequence=1, true=jumps)
    np.testing.assert_array_equal(display.line_.get_ydata(), detector.step_scores(X)[1])
    found = detector.events(X).query("sequence == 1")
    assert len(found) > 0
    assert display.events == list(zip(found["start"], found["end"], strict=True))
    assert len(display.spans_) == len(found)
    assert len(display.true_spans_) == 1
    assert display.threshold_line_.get_ydata()[0] == detector.threshold_


@pytest.mark.parametrize("sequence", [2, -1, "loud"])
def test_a_sequence_that_is_not_there_is_refused(detector, jumping, sequence):
    with pytest.raises(ValueError, match=f"sequence={sequence!r} was given, and there are 2"):
        AnomalyDisplay.from_estimator(detector, jumping[0], sequence=sequence)


def test_known_anomalies_of_another_length_are_refused():
    for true in ([True, False], ["no", "yes", "no"]):
        with pytest.raises(ValueError, match=r"true has the shape .* and the sequence 3 steps"):
            AnomalyDisplay([1.0, 2.0, 3.0], 2.5, true=true)
    with pytest.raises(ValueError, match=r"scores has the shape \(1, 3\)"):
        AnomalyDisplay([[1.0, 2.0, 3.0]], 2.5)


@pytest.fixture(scope="module")
def labeled():
    """Return a panel of two sequences with three classes, and a labeler of them."""
    level = np.repeat([0, 1, 0, 2, 0], 20)
    index = pd.MultiIndex.from_product([["a", "b"], range(100)])
    X = pd.DataFrame({"level": np.tile(level, 2).astype(float)}, index=index)
    y = pd.Series(np.array(["rest", "walk", "run"])[np.tile(level, 2)], index=index)
    model = SequenceLabeler(epochs=60, learning_rate=1e-2, random_state=0, background="rest")
    return model.fit(X, y), X, y


def test_events_are_bars_in_the_row_of_their_class(labeled):
    model, X, y = labeled
    display = EventDisplay.from_estimator(model, X, y, sequence="b")
    found = model.events(X).query("sequence == 'b'")
    assert display.classes == ["run", "walk"]
    assert display.ax_.get_xlim() == (-0.5, 99.5)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["run", "walk"]
    drawn = [bar.patches[0] for bar in display.bars_]
    assert [bar.get_x() + 0.5 for bar in drawn] == found["start"].tolist()
    assert [bar.get_width() for bar in drawn] == (found["end"] - found["start"]).tolist()
    true = [bar.patches[0] for bar in display.true_bars_]
    assert sorted((bar.get_x() + 0.5, bar.get_width()) for bar in true) == [(20, 20), (60, 20)]


def test_events_of_no_sequence_are_refused(labeled):
    model, X, _ = labeled
    with pytest.raises(ValueError, match="sequence='c' is none of the panel"):
        EventDisplay.from_estimator(model, X, sequence="c")
    with pytest.raises(ValueError, match="true has 2 steps, and the sequence 3"):
        EventDisplay(model.events(X), ["rest", "walk"], "rest", n_steps=3)


def test_events_of_labels_need_no_truth():
    events = pd.DataFrame({"start": [0, 5], "end": [3, 9], "class": [1, 0], "confidence": [1, 0.5]})
    display = EventDisplay(events).plot()
    assert display.classes == [0, 1]
    assert display.true_bars_ == []
    beside = EventDisplay(events, true=np.eye(2)[[0, 0, 1]])
    assert beside.true.to_dict("list") == {"start": [0, 2], "end": [2, 3], "class": [0, 1]}


def test_a_sequence_without_events_is_empty():
    none = pd.DataFrame({"start": [], "end": [], "class": [], "confidence": []})
    assert EventDisplay(none, true=["rest"] * 4, background="rest").plot().bars_ == []


def test_attention_is_named_by_the_characters_of_both():
    texts = ["12", "305", "7", "41"]
    model = SequenceTranslator(epochs=1, random_state=0).fit(texts, [t[::-1] for t in texts])
    display = AttentionDisplay.from_estimator(model, "305", "503")
    np.testing.assert_array_equal(display.weights, model.attention_weights(["305"], ["503"])[0])
    np.testing.assert_array_equal(display.image_.get_array(), display.weights)
    assert display.source_names == ["3", "0", "5"]
    assert display.target_names == ["5", "0", "3", "(end)"]
    assert AttentionDisplay([[1.0, 0.0]]).plot().target_names is None


def test_attention_is_named_by_the_words_of_both_however_short_they_are():
    words = {"input_type": "words", "target_type": "words"}
    model = SequenceTranslator(**words, epochs=1, random_state=0).fit(["a b", "b"], ["x y", "y"])
    display = AttentionDisplay.from_estimator(model, "a b", "x y")
    assert display.source_names == ["a", "b"]
    assert display.target_names == ["x", "y", "(end)"]
