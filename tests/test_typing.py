"""Type checkers and editors see the signatures, the results and the attributes that users see."""

import ast
import inspect
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skrnn
from skrnn import _typing, datasets, distributed, inspection, networks, parameters
from skrnn.forecasting import sktime_bases

MODULES = {
    "skrnn": skrnn,
    "skrnn.networks": networks,
    "skrnn.parameters": parameters,
    "skrnn.datasets": datasets,
    "skrnn.distributed": distributed,
    "skrnn.inspection": inspection,
}
CALLABLES = {
    f"{module}.{name}": getattr(MODULES[module], name)
    for module in MODULES
    for name in MODULES[module].__all__
    if callable(getattr(MODULES[module], name))
}
#: What users call: neither abstract classes nor declarations of parameters.
MADE = {
    name: thing
    for name, thing in CALLABLES.items()
    if not (inspect.isclass(thing) and (inspect.isabstract(thing) or name.endswith("Parameters")))
    and name not in ("skrnn.parameters.Parametrized", "skrnn.parameters.REQUIRED")
}
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
IMPORTS = """
from typing import Any, assert_type

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import skrnn
import skrnn.datasets
import skrnn.distributed
import skrnn.inspection
import skrnn.networks
import skrnn.parameters

value: Any = None
"""
#: Expressions, and the types of their results.
RESULTS = {
    "skrnn.GRURegressor().fit(value, value)": "skrnn.GRURegressor",
    "skrnn.GRURegressor().partial_fit(value, value)": "skrnn.GRURegressor",
    "skrnn.GRURegressor().set_params(units=3)": "skrnn.GRURegressor",
    "skrnn.GRURegressor().get_params()": "dict[str, Any]",
    "skrnn.GRURegressor().set_fit_request(sample_weight=True)": "skrnn.GRURegressor",
    "skrnn.GRURegressor().set_callbacks()": "skrnn.GRURegressor",
    "skrnn.GRURegressor().predict(value)": "NDArray[np.float64]",
    "skrnn.GRURegressor().score(value, value)": "float",
    "skrnn.GRURegressor().n_iter_": "int",
    "skrnn.LSTMClassifier().predict_proba(value)": "NDArray[np.float64]",
    "skrnn.LSTMClassifier().classes_": "NDArray[Any]",
    "skrnn.SequenceAnomalyDetector().fit_predict(value)": "NDArray[np.int64]",
    "skrnn.SequenceAnomalyDetector().predict(value)": "NDArray[np.int64]",
    "skrnn.SequenceAnomalyDetector().score_samples(value)": "NDArray[np.float64]",
    "skrnn.SequenceLabeler().score(value, value)": "float",
    "skrnn.SequenceLabeler().events(value)": "pd.DataFrame",
    "skrnn.SequenceTranslator().fit(value, value)": "skrnn.SequenceTranslator",
    "skrnn.SequenceTranslator().score(value, value)": "float",
    "skrnn.SequenceGenerator().fit(value)": "skrnn.SequenceGenerator",
    "skrnn.SequenceGenerator().perplexity(value)": "float",
    "skrnn.TCNForecaster().fit(value, fh=[1, 2])": "skrnn.TCNForecaster",
    "skrnn.TCNForecaster().update(value)": "skrnn.TCNForecaster",
    "skrnn.TCNForecaster().predict_interval(coverage=0.9)": "pd.DataFrame",
    "skrnn.TCNForecaster().backtest(value)": "pd.DataFrame",
    "skrnn.TCNForecaster().clone()": "skrnn.TCNForecaster",
    "skrnn.SequenceDetector().fit(value)": "skrnn.SequenceDetector",
    "skrnn.SequenceDetector().predict(value)": "pd.DataFrame",
    "skrnn.SlidingWindow(3).fit(value)": "skrnn.SlidingWindow",
    "skrnn.SlidingWindow(3).fit_transform(value)": "skrnn.Windows",
    "skrnn.SlidingWindow(3).transform(value)": "skrnn.Windows",
    "skrnn.SlidingWindow(3).set_output(transform='pandas')": "skrnn.SlidingWindow",
    "skrnn.TokenSequences().transform(value)": "NDArray[np.int32]",
    "skrnn.datasets.load_basic_motions()": "tuple[NDArray[np.float64], NDArray[np.str_]]",
    "skrnn.distributed.fit(skrnn.GRURegressor(), value, value)": "skrnn.GRURegressor",
    "skrnn.networks.GRU().set_params(units=3)": "skrnn.networks.GRU",
}


def annotation_of(thing, name):
    """Return the annotation of a parameter as text, for estimators that of the declaration."""
    for kind in inspect.getmro(thing) if inspect.isclass(thing) else ():
        if name in inspect.get_annotations(kind):
            return str(inspect.get_annotations(kind)[name])
    return str(inspect.signature(thing).parameters[name].annotation)


def calls_of(name):
    """Yield calls of something public, and whether a type checker has to refuse each."""
    thing = CALLABLES[name]
    given = inspect.signature(thing).parameters
    named = [one for one, parameter in given.items() if parameter.kind not in VARIADIC]
    required = [one for one in named if given[one].default is inspect.Parameter.empty]
    arguments = {one: f"{one}=value" for one in named}
    if any(given[one].kind is inspect.Parameter.POSITIONAL_ONLY for one in named):
        return
    yield f"{name}({', '.join(arguments.values())})", False
    yield f"{name}({', '.join(arguments[one] for one in required)})", False
    if required:
        yield f"{name}({', '.join(arguments[one] for one in required[1:])})", True
    if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in given.values()):
        yield f"{name}({', '.join([*arguments.values(), 'no_such_argument=value'])})", True
    if not any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in given.values()):
        taken = [one for one in named if given[one].kind in POSITIONAL]
        behind = [arguments[one] for one in required if one not in taken]
        yield f"{name}({', '.join(['value'] * (len(taken) + 1) + behind)})", True
    for one in named:
        if annotation_of(thing, one) not in ("Any", "typing.Any", "object"):
            wrong = arguments | {one: f"{one}=object()"}
            yield f"{name}({', '.join(wrong.values())})", True


def attributes_of(name):
    """Yield the attributes that the docstring of a class lists."""
    text = inspect.getdoc(CALLABLES[name]) or ""
    section = re.search(r"\nAttributes\n-+\n(.*?)(?=\n\n\w[^\n]*\n-{3,}|\Z)", text, re.DOTALL)
    for names in re.findall(r"^([\w, ]+) :", section[1] if section else "", re.MULTILINE):
        yield from names.split(", ")


def lines():
    """Yield the name of something public, a line of code, and whether it is wrong."""
    for name in MADE:
        for code, is_wrong in calls_of(name):
            yield name, code, is_wrong
    for name, thing in CALLABLES.items():
        if inspect.isclass(thing):
            listed = list(attributes_of(name))
            if listed:
                yield name, f"_: {name} = value; {'; '.join(f'_.{one}' for one in listed)}", False
                yield name, f"_: {name} = value; _.no_such_attribute", True
    for module in MODULES:
        yield module, f"{module}.NoSuchName", True
    for expression, kind in RESULTS.items():
        yield expression, f"assert_type({expression}, {kind})", False


LINES = list(lines())
SUBJECTS = list(dict.fromkeys(subject for subject, _, _ in LINES))


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Return what mypy says about each line, by its number, in a project without settings."""
    folder = tmp_path_factory.mktemp("user")
    body = [f"def f{i}() -> None: {code}" for i, (_, code, _) in enumerate(LINES)]
    (folder / "user.py").write_text("\n".join(body) + IMPORTS, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "user.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(skrnn.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not process.stderr, process.stderr
    said = re.findall(r"^user\.py:(\d+): error: (.*)$", process.stdout, re.MULTILINE)
    by_line = itertools.groupby(said, lambda found: int(found[0]))
    found = {line: [text for _, text in group] for line, group in by_line}
    assert max(found) <= len(LINES), found[max(found)]
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_right_code_passes_in_strict_mode_and_wrong_code_does_not(subject, errors):
    for number, (owner, code, is_wrong) in enumerate(LINES, 1):
        if owner == subject:
            assert bool(errors.get(number)) == is_wrong, f"{code}: {errors.get(number)}"


def test_every_public_name_is_called():
    assert {f"skrnn.{name}" for name in skrnn.__all__} <= set(MADE)
    assert set(MADE) <= set(SUBJECTS)


# ------------------------------------------------------------------ bases of other libraries


def declared_methods(module):
    """Yield the public methods that a module shows type checkers: class, name and arguments."""
    tree = ast.parse(inspect.getsource(module))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for kind in classes:
        for method in kind.body:
            if isinstance(method, ast.FunctionDef) and method.name[0] != "_":
                yield kind.name, method.name, [one.arg for one in method.args.args]


def real_classes(module, name):
    """Return the classes of the other library for which a class shown to type checkers stands."""
    if name == "BaseEstimator":
        return [skrnn.GRURegressor]  # with the methods that scikit-learn writes for each class
    if name == "_BaseObject":
        return [module.BaseForecaster, module.BaseDetector]
    real = getattr(module, name)
    return [] if real.__module__ == module.__name__ else [real]  # an older library may lack it


@pytest.mark.parametrize("module", [_typing, sktime_bases])
def test_the_methods_that_type_checkers_see_are_those_of_the_other_library(module):
    compared = 0
    for kind, name, arguments in declared_methods(module):
        for real in real_classes(module, kind):
            method = getattr(real, name)
            if callable(method):
                known = ["cls", *inspect.signature(method).parameters]
                assert [one for one in known if one in arguments] == arguments, f"{kind}.{name}"
                compared += 1
    assert compared >= 10  # fewer in older releases of the library
