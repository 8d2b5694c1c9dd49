"""Texts become padded token numbers as scikit-learn's analyzers and a Counter say."""

import pickle
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator

from skrnn import TokenSequences
from tests.installed import SKLEARN

#: Older releases of scikit-learn keep the index of a DataFrame only.
KEEPS_INDEX = SKLEARN >= (1, 8)
TEXTS = ["The cat saw a dog.", "A dog!", "", "the the Café, a café"]
WORDS = st.lists(st.sampled_from(["a", "B", "b", "cc", "Dd", "é", "x1", ",", "  "]), max_size=8)
CORPORA = st.lists(WORDS.map(" ".join), min_size=1, max_size=6).filter(
    lambda texts: any(re.search(r"\w", text) for text in texts)
)


def by_hand(texts, new, *, split, max_tokens=None, min_count=1, max_length=None, keep="first"):
    """Return vocabulary and numbers of ``new``, counted with a Counter."""
    counts = Counter(token for text in texts for token in split(text))
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    kept = [token for token in ranked if counts[token] >= min_count][:max_tokens]
    vocabulary = {token: number + 2 for number, token in enumerate(kept)}
    length = max_length or max(len(split(text)) for text in texts)
    rows = []
    for text in new:
        tokens = split(text)
        tokens = tokens[-length:] if keep == "last" else tokens[:length]
        numbers = [vocabulary.get(token, 1) for token in tokens]
        rows.append(numbers + [0] * (length - len(numbers)))
    return vocabulary, rows


# ------------------------------------------------------------------ numbers


@settings(deadline=None)
@given(
    texts=CORPORA,
    new=st.lists(WORDS.map(" ".join), min_size=1, max_size=4),
    max_tokens=st.integers(1, 4) | st.none(),
    max_length=st.integers(1, 5) | st.none(),
    keep=st.sampled_from(["first", "last"]),
)
def test_numbers_are_those_of_a_counter(texts, new, max_tokens, max_length, keep):
    limits = {"max_tokens": max_tokens, "max_length": max_length, "keep": keep}
    tokens = TokenSequences(**limits).fit(texts)
    vocabulary, rows = by_hand(
        texts, new, split=lambda text: re.findall(r"\w+", text.lower()), **limits
    )
    assert tokens.vocabulary_ == vocabulary
    assert tokens.n_tokens_ == len(vocabulary) + 2
    numbers = tokens.transform(new)
    assert numbers.tolist() == rows
    assert numbers.shape == (len(new), tokens.max_length_)
    assert numbers.dtype == np.int32


@pytest.mark.parametrize("min_count", [1, 2, 3])
def test_tokens_below_the_least_count_are_unknown(min_count):
    tokens = TokenSequences(min_count=min_count).fit(TEXTS)
    vocabulary, rows = by_hand(
        TEXTS,
        TEXTS,
        split=lambda text: re.findall(r"\w+", text.lower()),
        min_count=min_count,
    )
    assert tokens.vocabulary_ == vocabulary
    assert tokens.transform(TEXTS).tolist() == rows
    assert tokens.max_length_ == 5


def test_the_most_frequent_token_is_2_and_equal_counts_go_by_the_alphabet():
    tokens = TokenSequences().fit(["d c b a", "d c", "d e"])
    assert tokens.vocabulary_ == {"d": 2, "c": 3, "a": 4, "b": 5, "e": 6}
    assert list(tokens.vocabulary_) == ["d", "c", "a", "b", "e"]


def test_the_order_of_texts_makes_no_difference():
    forth, back = TokenSequences().fit(TEXTS), TokenSequences().fit(TEXTS[::-1])
    assert list(forth.vocabulary_) == list(back.vocabulary_)
    np.testing.assert_array_equal(forth.transform(TEXTS), back.transform(TEXTS))


def test_padding_is_on_the_right_and_a_text_without_tokens_is_all_padding():
    tokens = TokenSequences(max_length=4, keep="last").fit(["a b"])
    assert tokens.transform(["a b", "", "...", "c"]).tolist() == [
        [2, 3, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 0, 0, 0],
    ]


def test_a_longer_text_keeps_its_beginning_or_its_end():
    texts = ["a b c d e"]
    first = TokenSequences(max_length=2).fit(texts)
    last = TokenSequences(max_length=2, keep="last").fit(texts)
    assert first.inverse_transform(first.transform(texts)) == [["a", "b"]]
    assert last.inverse_transform(last.transform(texts)) == [["d", "e"]]
    assert first.max_length_ == last.max_length_ == 2


def test_words_of_one_letter_count():
    assert "a" in TokenSequences().fit(["I saw a cat"]).vocabulary_
    assert "a" not in CountVectorizer().fit(["I saw a cat"]).vocabulary_


# ------------------------------------------------------------------ splitting


SPLITTINGS = {
    "default": {},
    "characters": {"analyzer": "char"},
    "characters of words": {"analyzer": "char_wb"},
    "as written": {"lowercase": False},
    "own pattern": {"token_pattern": r"[a-z]{2,}"},
    "pattern with a group": {"token_pattern": r"(\w)\w*"},
    "without accents": {"strip_accents": "unicode"},
    "ascii": {"strip_accents": "ascii"},
    "own accents": {"strip_accents": str.title},
    "stop words": {"stop_words": ["the", "a"]},
    "english": {"stop_words": "english"},
    "callable": {"analyzer": str.split},
}


@pytest.mark.parametrize("case", SPLITTINGS)
def test_texts_are_split_as_by_scikit_learn(case):
    params = SPLITTINGS[case]
    pattern = {} if "analyzer" in params else {"token_pattern": r"(?u)\b\w+\b"}
    theirs = CountVectorizer(**pattern | params)
    split = theirs.build_analyzer()
    tokens = TokenSequences(**params).fit(TEXTS)
    vocabulary, rows = by_hand(TEXTS, TEXTS, split=split)
    assert tokens.vocabulary_ == vocabulary
    assert tokens.transform(TEXTS).tolist() == rows
    assert set(vocabulary) == set(theirs.fit(TEXTS).vocabulary_)


@settings(deadline=None)
@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=5).filter(any))
@example(texts=["  \n a"])
def test_characters_of_any_text_come_back(texts):
    tokens = TokenSequences(analyzer="char", lowercase=False, max_tokens=None).fit(texts)
    back = tokens.inverse_transform(tokens.transform(texts))
    assert ["".join(row) for row in back] == [re.sub(r"\s\s+", " ", text) for text in texts]


def test_a_callable_takes_elements_that_are_no_texts():
    visits = [["login", "buy"], ["login"], iter(["leave", "login"])]
    tokens = TokenSequences(analyzer=iter).fit(visits)
    assert list(tokens.vocabulary_) == ["login", "buy", "leave"]
    assert tokens.transform([("buy", "login"), ["sleep"]]).tolist() == [[3, 2], [1, 0]]


def test_what_splits_texts_is_that_of_the_fit():
    tokens = TokenSequences().fit(["A b"])
    tokens.set_params(lowercase=False)
    assert tokens.transform(["A b"]).tolist() == [[2, 3]]


# ------------------------------------------------------------------ back


@settings(deadline=None)
@given(texts=CORPORA, new=CORPORA)
def test_the_way_back_gives_tokens_known_ones_as_they_were(texts, new):
    tokens = TokenSequences(max_length=8).fit(texts)
    split = CountVectorizer(token_pattern=r"(?u)\b\w+\b").build_analyzer()
    expected = [
        [token if token in tokens.vocabulary_ else "[UNK]" for token in split(text)] for text in new
    ]
    numbers = tokens.transform(new)
    for X in (numbers, numbers.tolist(), pd.DataFrame(numbers), numbers.astype(float)):
        assert tokens.inverse_transform(X) == expected


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([1, 2, 3], r"X has the shape \(3,\); inverse_transform takes .* \(n_texts, 3\)"),
        (np.zeros((2, 4), dtype=int), r"the shape \(2, 4\)"),
        (np.zeros((2, 3, 1), dtype=int), r"the shape \(2, 3, 1\)"),
        ([[0, 0, 5]], "integers from 0 to 4"),
        ([[0, 0, -1]], "integers from 0 to 4"),
        ([[0, 0, 0.5]], "integers from 0 to 4"),
        ([[0, 0, np.nan]], "integers from 0 to 4"),
        ([["a", "b", "c"]], "integers from 0 to 4"),
    ],
)
def test_anything_but_token_ids_is_refused_in_inverse_transform(X, message):
    tokens = TokenSequences().fit(["a b c"])
    with pytest.raises(ValueError, match=message):
        tokens.inverse_transform(X)
    assert tokens.inverse_transform([[4, 2, 0]]) == [["c", "a"]]


# ------------------------------------------------------------------ input


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: np.array(texts, dtype=np.dtypes.StringDType()),
        pd.Series,
        lambda texts: pd.Series(texts, index=list("wxyz")),
        lambda texts: pd.Series(texts, dtype="category"),
        pd.Index,
    ],
)
def test_every_list_of_texts_is_taken(form):
    expected = TokenSequences().fit_transform(TEXTS)
    np.testing.assert_array_equal(TokenSequences().fit_transform(form(TEXTS)), expected)


BAD_TEXTS = {
    "a single text": ("one text", ValueError, r"a single text, 'one text'; .* as \[text\]"),
    "bytes": (b"one text", ValueError, "a single text"),
    "a generator": ((text for text in TEXTS), ValueError, "X is a generator; give texts as a list"),
    "a set": (set(TEXTS), ValueError, "X is a set"),
    "a table": (pd.DataFrame({"text": TEXTS}), ValueError, r"DataFrame of shape \(4, 1\).*column"),
    "a 2-D array": (np.array([TEXTS]), ValueError, r"ndarray of shape \(1, 4\)"),
    "none": (None, ValueError, "X is a NoneType"),
    "a number": (3, ValueError, "X is an int"),
    "no texts": ([], ValueError, "0 texts; at least one"),
    "a missing text": (["a", None], TypeError, "element 1 of X is None, .* fill what is missing"),
    "a missing text in a Series": (
        pd.Series(["a", None]),
        TypeError,
        "element 1 of X is (nan|None)",
    ),
    "bytes inside": (["a", b"b"], TypeError, "element 1 of X is b'b', of type bytes.*decode"),
    "numbers": ([1, 2], TypeError, "element 0 of X is 1, of type int, and not a str"),
    "lists": ([["a"], ["b"]], TypeError, "of type list.* callable analyzer"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_anything_but_a_list_of_texts_is_refused(case):
    X, error, message = BAD_TEXTS[case]
    tokens = TokenSequences().fit(TEXTS)
    before = dict(vars(tokens))
    for method in (tokens.transform, tokens.fit, tokens.fit_transform):
        with pytest.raises(error, match=message):
            method(X)
    assert vars(tokens) == before


@pytest.mark.parametrize(
    ("params", "texts", "message"),
    [
        ({}, ["", " "], "X has no tokens: its texts are empty"),
        ({"stop_words": ["a"]}, ["a"], "stop words only"),
        ({"min_count": 3}, ["a b", "b"], "min_count=3 times; .* 'b', occurs 2 times"),
    ],
)
def test_an_empty_vocabulary_is_refused(params, texts, message):
    with pytest.raises(ValueError, match=message):
        TokenSequences(**params).fit(texts)


@pytest.mark.parametrize(
    "params",
    [
        {"max_tokens": 0},
        {"min_count": 0},
        {"max_length": 0},
        {"keep": "middle"},
        {"analyzer": "sentence"},
        {"lowercase": "no"},
        {"token_pattern": "("},
        {"token_pattern": "(a)(b)"},
        {"token_pattern": None},
        {"strip_accents": "latin"},
        {"stop_words": "german"},
        {"stop_words": [1]},
    ],
    ids=str,
)
def test_a_parameter_out_of_its_domain_is_refused(params):
    ((name, value),) = params.items()
    with pytest.raises(ValueError, match=re.escape(f"{name}={value!r} was given to Token")):
        TokenSequences(**params).fit(TEXTS)


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_nothing_works_before_the_fit(method):
    with pytest.raises(NotFittedError):
        getattr(TokenSequences(), method)(TEXTS)
    with pytest.raises(NotFittedError):
        TokenSequences().get_feature_names_out()


def test_odd_stop_words_are_warned_of_once():
    tokens = TokenSequences(stop_words=["well-known"])
    with pytest.warns(UserWarning, match="stop_words may be inconsistent"):
        tokens.fit(TEXTS)
    tokens.transform(TEXTS)


# ------------------------------------------------------------------ scikit-learn


def test_transform_changes_nothing():
    tokens = TokenSequences().fit(TEXTS)
    before, vocabulary = dict(vars(tokens)), dict(tokens.vocabulary_)
    tokens.transform(["entirely new words"])
    assert vars(tokens) == before
    assert tokens.vocabulary_ == vocabulary


def test_a_second_fit_forgets_the_first():
    again = TokenSequences().fit(TEXTS).fit(["x y"])
    assert again.vocabulary_ == {"x": 2, "y": 3}
    assert again.max_length_ == 2


def test_copies_work_as_the_original():
    tokens = TokenSequences(max_tokens=3).fit(TEXTS)
    expected = tokens.transform(TEXTS)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(tokens)).transform(TEXTS), expected)
    np.testing.assert_array_equal(clone(tokens).fit(TEXTS).transform(TEXTS), expected)
    assert not hasattr(clone(tokens), "vocabulary_")


def test_columns_have_names():
    names = TokenSequences().fit(TEXTS).get_feature_names_out()
    assert names.tolist() == ["token0", "token1", "token2", "token3", "token4"]
    assert names.dtype == object


def test_output_is_a_data_frame_where_that_is_requested():
    texts = pd.Series(TEXTS, index=list("wxyz"))
    expected = TokenSequences().fit_transform(TEXTS)
    local = TokenSequences().set_output(transform="pandas").fit_transform(texts)
    with config_context(transform_output="pandas"):
        everywhere = TokenSequences().fit_transform(texts)
    for frame in (local, everywhere):
        np.testing.assert_array_equal(frame.to_numpy(), expected)
        assert list(frame.columns) == [f"token{column}" for column in range(5)]
        if KEEPS_INDEX:
            assert list(frame.index) == list("wxyz")


def test_texts_go_through_pipelines_and_column_transformers():
    expected = TokenSequences().fit_transform(TEXTS)
    pipeline = make_pipeline(FunctionTransformer(), TokenSequences())
    np.testing.assert_array_equal(pipeline.fit(TEXTS).transform(TEXTS), expected)
    frame = pd.DataFrame({"text": TEXTS, "stars": [1, 2, 3, 4]})
    columns = make_column_transformer((TokenSequences(), "text"))
    np.testing.assert_array_equal(columns.fit_transform(frame), expected)
    assert columns.get_feature_names_out()[0] == "tokensequences__token0"


def test_the_tags_are_those_of_count_vectorizer():
    ours = TokenSequences().__sklearn_tags__()
    theirs = CountVectorizer().__sklearn_tags__()
    assert ours.input_tags == theirs.input_tags
    assert ours.target_tags == theirs.target_tags
    assert ours.requires_fit
    assert ours.transformer_tags.preserves_dtype == []


#: Checks of scikit-learn's suite that pass no X, or none that has to be numbers.
WITHOUT_NUMBERS = [
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
    "check_estimator_repr",
    "check_no_attributes_set_in_init",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_mixin_order",
    "check_parameters_default_constructible",
    "check_get_params_invariance",
    "check_set_params",
    "check_transformer_get_feature_names_out",
    "check_set_output_transform",
]


def test_scikit_learn_suite_as_far_as_it_goes_for_texts():
    tokens = TokenSequences()
    with pytest.warns(SkipTestWarning, match="requires input"):
        checks = list(estimator_checks_generator(tokens))
    for estimator, check in checks:
        check(estimator)


@pytest.mark.parametrize("name", WITHOUT_NUMBERS)
def test_scikit_learn_checks_that_need_no_numbers(name):
    getattr(estimator_checks, name)("TokenSequences", TokenSequences())


# ------------------------------------------------------------------ unknown tokens


def test_unknown_tokens_are_one_token_or_an_error():
    texts = ["a b", "a b c"]
    usual = TokenSequences(min_count=2).fit(texts)
    strict = TokenSequences(min_count=2, handle_unknown="error").fit(texts)
    assert usual.vocabulary_ == strict.vocabulary_ == {"a": 2, "b": 3}
    assert strict.transform(texts).tolist() == [[2, 3, 0], [2, 3, 1]]
    assert usual.transform(["a z c"]).tolist() == [[2, 1, 1]]
    with pytest.raises(
        ValueError, match=r"X holds tokens that were not in the fit: \['y', 'z'\].*'token'"
    ):
        strict.transform(["a b", "z y z"])


@pytest.mark.parametrize("keep", ["first", "last"])
def test_an_unknown_token_beyond_the_length_kept_is_refused(keep):
    strict = TokenSequences(max_length=1, keep=keep, handle_unknown="error").fit(["a a"])
    with pytest.raises(ValueError, match=r"not in the fit: \['b'\]"):
        strict.transform(["b a b"] if keep == "last" else ["a b"])


def test_the_tokens_beyond_max_tokens_were_in_the_fit():
    strict = TokenSequences(max_tokens=1, handle_unknown="error").fit(["a a b"])
    assert strict.transform(["a b"]).tolist() == [[2, 1, 0]]


def test_a_changed_vocabulary_changes_no_encoding():
    tokens = TokenSequences().fit(["a b", "a c"])
    before = tokens.transform(["b c"])
    tokens.vocabulary_.clear()
    np.testing.assert_array_equal(tokens.transform(["b c"]), before)
    assert tokens.inverse_transform(before) == [["b", "c"]]
