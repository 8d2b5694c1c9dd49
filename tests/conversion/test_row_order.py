"""Targets and weights whose row labels contradict those of X are refused; others go by position."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from skrnn import SequenceLabeler, SequenceScaler, SequenceTranslator, networks
from skrnn._conversion import check_order
from tests.conftest import make

GENERATOR = np.random.default_rng(0)
NAMES = list("abcdefgh")
PANEL = pd.concat({name: pd.DataFrame(GENERATOR.normal(size=(4, 1))) for name in NAMES})
ROWS = pd.DataFrame(GENERATOR.normal(size=(8, 5)), index=NAMES)
Y = pd.Series(np.arange(8.0), index=NAMES)
LABELS = Y.astype(int) % 2
DATES = pd.date_range("2024", periods=9)


@dataclass
class Labeled:
    """Rows with labels, as windows of a series are."""

    index: pd.Index | None = None


def small(kind="Regressor"):
    return make(f"GRU{kind}", units=2, epochs=1)


ENTRANCES = {
    "fit": lambda X, y: small().fit(X, y),
    "weights": lambda X, y: small().fit(X, Y.to_numpy(), sample_weight=y),
    "validation": lambda X, y: small().fit(ROWS, Y, X_val=X, y_val=y),
    "partial_fit": lambda X, y: small().partial_fit(X, y),
    "score": lambda X, y: small().fit(X, Y.to_numpy()).score(X, y),
    "weights of a score": lambda X, y: small().fit(X, Y).score(X, Y, sample_weight=y),
    "classifier": lambda X, y: small("Classifier").fit(X, y.astype(int) % 2),
    "accuracy": lambda X, y: small("Classifier").fit(X, LABELS).score(X, y.astype(int) % 2),
    "scaler": lambda X, y: SequenceScaler().fit(X, sample_weight=y),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_rows_in_another_order_are_refused_at_every_entrance(entrance):
    act = ENTRANCES[entrance]
    act(ROWS, Y)
    with pytest.raises(ValueError, match=r"in another order than X: 'h' .*\.loc\[X\.index\]"):
        act(ROWS, Y[::-1])


@pytest.mark.parametrize("entrance", ["fit", "weights", "score", "classifier", "scaler"])
def test_instances_of_a_panel_in_another_order_are_refused(entrance):
    act = ENTRANCES[entrance]
    act(PANEL, Y)
    with pytest.raises(ValueError, match=r"in another order.*loc\[X\.index\.unique\(level=0\)\]"):
        act(PANEL, Y[::-1])


def test_the_cure_of_the_message_gives_each_instance_its_target():
    shuffled = Y.sample(frac=1, random_state=0)
    expected = small().fit(PANEL, Y.to_numpy()).predict(PANEL)
    model = small().fit(PANEL, shuffled.loc[PANEL.index.unique(level=0)])
    np.testing.assert_array_equal(model.predict(PANEL), expected)


def test_weights_of_a_labeler_and_targets_of_a_translator_are_compared_as_well():
    steps = pd.Series(np.arange(32) % 2, index=PANEL.index)
    labeler = SequenceLabeler(epochs=1)
    with pytest.raises(ValueError, match="sample_weight is in another order than X"):
        labeler.fit(PANEL, steps, sample_weight=Y[::-1])
    texts = pd.Series(["ab"] * 8, index=NAMES)
    translator = SequenceTranslator(network=networks.GRU(units=2), embedding_dim=2, epochs=1)
    with pytest.raises(ValueError, match="y is in another order than X"):
        translator.fit(texts, texts[::-1])


@pytest.mark.parametrize(
    ("rows", "others"),
    [
        (NAMES, NAMES[::-1]),
        (NAMES, [*NAMES[1:], NAMES[0]]),
        ([3, 1, 2], [1, 2, 3]),
        (["a", "a", "b"], ["a", "b", "a"]),
        (DATES, DATES[::-1]),
        (DATES[[0, 1, 3, 4, 5]], DATES[[0, 1, 2, 3, 5]]),  # each without a row of its own
    ],
)
def test_labels_that_both_have_at_changing_distances_are_refused(rows, others):
    X = Labeled(pd.Index(rows))
    y = pd.Series(0.0, index=others)
    with pytest.raises(ValueError, match="y is in another order than X"):
        check_order(X, y, "y")


@pytest.mark.parametrize(
    ("rows", "others"),
    [
        (NAMES, NAMES),
        (["a", "a", "b"], ["a", "a", "b"]),  # a bootstrap sample
        (range(8), NAMES),  # the default index says nothing
        (NAMES, range(8)),
        (range(3), [2, 0, 1]),
        (DATES[:-1], DATES[1:]),  # the target is the next row's
        (DATES[:4], DATES[5:]),
        (list("abcd"), list("abce")),
        (NAMES, NAMES[:3]),  # another length is refused for that
        (None, NAMES),
    ],
)
def test_labels_that_do_not_contradict_are_by_position(rows, others):
    X = Labeled(None if rows is None else pd.Index(rows))
    check_order(X, pd.Series(0.0, index=pd.Index(others)), "y")
    check_order(X, np.zeros(len(others)), "y")
    check_order(X, [0.0] * len(others), "y")


def test_shuffled_rows_that_were_shuffled_together_are_accepted():
    X, y = ROWS.reset_index(drop=True), Y.reset_index(drop=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    model = small().fit(X_train, y_train)
    expected = small().fit(X_train.to_numpy(), y_train.to_numpy())
    np.testing.assert_array_equal(model.predict(X_test), expected.predict(X_test.to_numpy()))
    assert model.score(X_test, y_test) == pytest.approx(
        expected.score(X_test.to_numpy(), y_test.to_numpy())
    )


def test_the_label_in_the_message_is_shown_as_python_shows_it():
    X, y = ROWS.set_axis(np.arange(10, 18)), Y.set_axis(np.arange(10, 18))
    with pytest.raises(ValueError, match="than X: 17 is row 0 of y, and row 7 of X"):
        small().fit(X, y[::-1])
