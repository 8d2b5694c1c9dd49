"""Objects that are not sources or targets of a translator are refused with a clear error."""

import numpy as np
import pytest

from skrnn import SequenceGenerator, SequenceTranslator, networks

TEXTS = ["a b", "b c"]


def model():
    return SequenceTranslator(network=networks.GRU(units=2), epochs=1, random_state=0)


@pytest.mark.parametrize(
    ("X", "what"),
    [
        ([np.empty((0, 2)), np.ones((2, 2))], "sequence 0 of X is empty"),
        ([[0.5, 1.0], []], "sequence 1 of X is empty"),
        ([np.ones((2, 0)), np.ones((2, 0))], "sequence 0 of X is empty"),
        ([np.ones((2, 2, 2)), np.ones((2, 2))], "sequence 0 of X has 3 dimension"),
        ([[0.5, "a"], [1.0]], "sequence 0 of X holds texts, such as 'a'"),
        ([[[1.0], [2.0, 3.0]], [[1.0]]], "the rows of sequence 0 of X differ in length"),
    ],
)
def test_sources_of_numbers_have_steps_of_one_width(X, what):
    with pytest.raises(ValueError, match=what):
        model().fit(X, TEXTS)


@pytest.mark.parametrize("scalar", [np.array(3.0), np.array("a b"), 5, None])
def test_a_single_value_is_no_list_of_sources_or_targets(scalar):
    with pytest.raises((TypeError, ValueError), match="X is a"):
        model().fit(scalar, TEXTS)
    with pytest.raises((TypeError, ValueError), match=r"y is (a|None)|target y is None"):
        model().fit(TEXTS, scalar)


@pytest.mark.parametrize("prompt", [np.array(3), np.ndarray, 5])
def test_a_single_value_is_no_prompt(prompt):
    generator = SequenceGenerator(network=networks.GRU(units=2), epochs=1, random_state=0).fit(
        [[1, 2, 3], [2, 3]]
    )
    with pytest.raises(TypeError, match=r"and no sequence of tokens|class ndarray was given"):
        generator.generate(2, prompt, random_state=0)
