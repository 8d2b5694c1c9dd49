"""The public surface is consistent: parameters, fit signatures, methods and fitted attributes.

``python -m tests.test_surface > docs/surface.md`` writes the page anew; a test compares both.
"""

import inspect
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skrnn
from skrnn import networks
from skrnn.parameters import Parametrized

PAGE = Path(__file__).parent.parent / "docs" / "surface.md"

#: One estimator of each kind; those of a kind differ in their network alone.
KINDS = {
    "regressors": ["RNN", "LSTM", "GRU", "TCN", "Sequence"],
    "classifiers": ["RNN", "LSTM", "GRU", "TCN", "Sequence"],
    "forecasters": ["RNN", "LSTM", "GRU", "TCN", "Sequence"],
    "labeler": ["Sequence"],
    "anomaly detector": ["Sequence"],
    "generator": ["Sequence"],
    "translator": ["Sequence"],
}
ENDS = {"anomaly detector": "AnomalyDetector"}
CLASSES = {
    kind: [
        getattr(skrnn, start + ENDS.get(kind, kind.removesuffix("s").capitalize()))
        for start in starts
    ]
    for kind, starts in KINDS.items()
}
PARAMETRIZED = {
    name: getattr(skrnn, name)
    for name in skrnn.__all__
    if inspect.isclass(getattr(skrnn, name)) and issubclass(getattr(skrnn, name), Parametrized)
}

#: Parameters that are declared more than once, and why one declaration does not serve.
DIFFERENT = {
    "add_differences": "TCN classifiers gain by them, recurrent ones do not",
    "bidirectional": "recurrent networks add layers that read backward, and classifiers have them "
    "by default; a labeler makes any network bidirectional, and a translator its encoder only",
    **dict.fromkeys(
        ("conv_filters", "conv_kernel_size", "conv_strides"),
        "classifiers shorten long sequences before the recurrent layers",
    ),
    "chunk_length": "a generator splits by default, because a text is one long sequence",
    "embedding_dim": "None reads X as measurements; generators and translators embed all tokens",
    "input_type": "generators also read piano rolls; translators also read values and vectors",
    "layer_norm": "normalizes the units of a recurrent layer, or the filters of a convolution",
    "learning_rate": "classifiers and regressors take more and smaller steps",
    "loss": "the accepted losses depend on the type of the targets",
    "max_length": "length of encoded texts, or maximum length of predicted targets",
    "method": "a method of anomaly detection, or of scaling",
    "network": "any network, but for a translator, whose encoder and decoder are recurrent",
    "pooling": "classifiers read all steps by default, others the last one",
    "purge": "number of rows of windows, of sequences, or of pairs of a translator",
    "target_type": "targets at each step of a labeler, or sequences that a translator predicts",
    "validation": "generators and translators accept no windows and have no classes to stratify by",
    "window_length": "length of the input of a forecast, of a reconstructed chunk, or of a window",
}


def declarations():
    """Return the different declarations of each parameter, and the classes that have each."""
    found = defaultdict(lambda: defaultdict(list))
    for name, kind in PARAMETRIZED.items():
        for parameter, one in kind._parameters.items():
            found[parameter][repr(one.default), one.domain.text, one.doc].append(name)
    return found


def test_a_parameter_has_one_default_one_domain_and_one_text_wherever_it_occurs():
    several = {name for name, ways in declarations().items() if len(ways) > 1}
    assert not several - set(DIFFERENT), "declare the parameter once, or list the reason"
    assert not set(DIFFERENT) - several, "the reason is no longer needed"


@pytest.mark.parametrize("kind", CLASSES)
def test_the_estimators_of_a_kind_differ_in_their_network_alone(kind):
    own = {*networks.RecurrentParameters._parameters, *networks.TCNParameters._parameters}
    first, *others = (
        [name for name in one._parameters if name not in own | {"network"}] for one in CLASSES[kind]
    )
    assert all(other == first for other in others)
    assert all(signatures(one) == signatures(CLASSES[kind][0]) for one in CLASSES[kind])


def test_every_estimator_with_a_network_is_of_a_kind():
    with_epochs = {name for name, one in PARAMETRIZED.items() if "epochs" in one._parameters}
    assert with_epochs == {one.__name__ for kind in CLASSES.values() for one in kind}


@pytest.mark.parametrize("estimator", sorted(set().union(*CLASSES.values()), key=str))
def test_the_network_and_the_loss_come_before_the_parameters_of_training(estimator):
    found = list(estimator._parameters)
    training = found.index("optimizer")
    network = {"network", *networks.RecurrentParameters._parameters}
    network |= set(networks.TCNParameters._parameters)
    first = [name in network for name in found].index(False)
    assert first > 0
    assert "loss" not in found[training:]
    assert not network & set(found[training:])


# ------------------------------------------------------------------ methods and attributes

#: Methods of every scikit-learn estimator and of every sktime forecaster.
OF_ALL = {"get_params", "get_metadata_routing"}


def is_own(estimator, name):
    """Tell a method that skrnn defines, as opposed to those of the other libraries' bases."""
    bases = [one for one in estimator.__mro__ if one.__module__.startswith("skrnn.")]
    return any(name in vars(one) for one in bases)


def signatures(estimator):
    """Return the methods of skrnn that an estimator has, with their arguments."""
    found = {}
    for name in dir(estimator):
        if name.startswith(("_", "set_")) or name in OF_ALL or not is_own(estimator, name):
            continue
        method = inspect.getattr_static(estimator, name)
        method = getattr(method, "fn", method)  # of available_if
        if inspect.isfunction(method):
            arguments = list(inspect.signature(method).parameters.values())[1:]
            plain = [one.replace(annotation=inspect.Parameter.empty) for one in arguments]
            found[name] = str(inspect.Signature(plain))
    return found


def attributes(estimator):
    """Return the fitted attributes that the docstring of an estimator documents."""
    section = inspect.getdoc(estimator).split("Attributes\n----------\n")[1]
    section = re.split(r"\n[A-Z]\w+( \w+)?\n-+\n", section)[0]
    lines = re.findall(r"^(\w+_(?:, \w+_)*) :", section, flags=re.MULTILINE)
    return [name for line in lines for name in line.split(", ")]


X = np.random.default_rng(0).normal(size=(8, 5, 2))
TOKENS = [["a", "b"], ["b", "c"]] * 3
FITS = {
    "regressors": lambda: skrnn.GRURegressor(units=2, epochs=1).fit(X, X[:, 0, 0]),
    "classifiers": lambda: skrnn.GRUClassifier(units=2, epochs=1).fit(X, [0, 1] * 4),
    "forecasters": lambda: skrnn.GRUForecaster(units=2, epochs=1, window_length=4).fit(
        pd.Series(np.arange(30.0)), fh=[1]
    ),
    "labeler": lambda: skrnn.SequenceLabeler(epochs=1).fit(X, X[:, :, 0] > 0),
    "anomaly detector": lambda: skrnn.SequenceAnomalyDetector(epochs=1).fit(X),
    "generator": lambda: skrnn.SequenceGenerator(epochs=1).fit("to be or not to be"),
    "translator": lambda: skrnn.SequenceTranslator(epochs=1).fit(TOKENS, TOKENS),
}
#: Attributes of other estimators or other data than those of the fits.
ELSEWHERE = {"feature_names_in_", "target_scaling_"}
#: What sktime's base class sets.
OF_SKTIME = {"is_fitted"}


@pytest.mark.parametrize("kind", FITS)
def test_a_fit_sets_the_attributes_that_are_documented(kind):
    model = FITS[kind]()
    documented = set(attributes(type(model)))
    names = {*vars(model), *(n for n, v in inspect.getmembers(type(model), is_property))}
    found = {n for n in names if n.endswith("_") and n[0] != "_" and hasattr(model, n)}
    assert found - OF_SKTIME <= documented
    assert all(hasattr(model, name) for name in documented - ELSEWHERE)


def is_property(value):
    return isinstance(value, property)


# ------------------------------------------------------------------ extending


def imported(page):
    """Return the names of skrnn that the code of a page imports, each with its module."""
    lines = re.findall(r"^(?:>>> )?from (skrnn[\w.]*) import (.+)$", page.read_text(), re.MULTILINE)
    return [(module, name) for module, names in lines for name in names.split(", ")]


def is_public(module, name):
    """Tell a name that a module lists, and a module that lists names of its own."""
    found = getattr(module, name)
    return name in module.__all__ or (inspect.ismodule(found) and hasattr(found, "__all__"))


def test_the_page_on_extending_imports_public_names_alone():
    names = imported(PAGE.parent / "extending.md")
    assert ("skrnn.parameters", "parameter") in names
    modules = {module: import_module(module) for module, _ in names}
    assert not [one for one in names if not is_public(modules[one[0]], one[1])]


def test_names_that_no_module_lists_are_not_public():
    assert not is_public(networks, "import_module")
    assert not is_public(skrnn, "choose_backend_for_keras")


# ------------------------------------------------------------------ the page

INTRODUCTION = """# Public surface

Methods and fitted attributes of each kind of estimator, without the methods that only
scikit-learn or sktime define. Estimators of one kind differ only in their network. A parameter
has the same default, values and meaning in every estimator that has it, except for
[these](#parameters-that-differ).
This page is written by `python -m tests.test_surface`."""


def table(columns, rows):
    """Return a table whose first column is code."""
    lines = [f"| | {' | '.join(columns)} |", f"|{' --- |' * (len(columns) + 1)}"]
    lines += [f"| `{name}` | {' | '.join(cells)} |" for name, cells in rows]
    return "\n".join(lines)


def presence(of_kind):
    """Return a row for each name, with a mark for each kind that has it."""
    names = list(dict.fromkeys(name for names in of_kind.values() for name in names))
    return table(
        list(of_kind),
        [(name, ["yes" if name in own else "" for own in of_kind.values()]) for name in names],
    )


def page():
    """Return the page on the surface."""
    methods = {kind: signatures(own[0]) for kind, own in CLASSES.items()}
    fits = [
        f"| {kind} | "
        + ", ".join(f"`{one.__name__}`" for one in CLASSES[kind])
        + f" | `fit{methods[kind]['fit']}` |"
        for kind in CLASSES
    ]
    parts = [
        INTRODUCTION,
        "## Estimators",
        "\n".join(["| kind | estimators | fit |", "| --- | --- | --- |", *fits]),
        "## Methods",
        presence(methods),
        "## Fitted attributes",
        presence({kind: attributes(own[0]) for kind, own in CLASSES.items()}),
        "## Parameters that differ",
        "\n".join(f"- `{name}`: {reason}." for name, reason in DIFFERENT.items()),
    ]
    return "\n\n".join(parts) + "\n"


def test_the_page_is_that_of_the_classes():
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    print(page(), end="")
