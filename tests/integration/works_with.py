"""Page of the libraries in these tests.

``python -m tests.integration.works_with > docs/works_with.md`` writes it.
The docstring of a test module starts with ``NAME (ADDRESS):`` and says what works. A module may
name code for the page in ``RECIPE``.
"""

import ast
import re
import textwrap
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "works_with.md"
DOCSTRING = re.compile(r"(?P<name>[^(]+) \((?P<address>https://[^)]+)\): (?P<text>.+)", re.DOTALL)

INTRODUCTION = """# Works with

Libraries around scikit-learn and sktime with which skrnn is tested. Each test runs the library
itself and compares with a result obtained without it.

`pip install "skrnn[integration]"` installs the libraries of the second table, and
`python -m pytest -m integration tests/integration` runs their tests. Those of PySpark need
the extra `spark`, and run with `python -m pytest -m spark tests/integration`."""

#: Libraries in the tests that need no further installation, with what works and the test.
BESIDE = [
    (
        "[scikit-learn](https://scikit-learn.org)",
        "its suite of checks for estimators, pipelines, searches, metadata routing",
        "conformance",
    ),
    (
        "[sktime](https://www.sktime.net)",
        "its suite of checks for forecasters and detectors, pipelines, reconciliation",
        "forecasting",
    ),
    (
        "[Keras](https://keras.io) on JAX, PyTorch and TensorFlow",
        "callbacks, optimizers, losses and layers; models from `to_keras`",
        "test_beside_keras.py",
    ),
    (
        "[pandas](https://pandas.pydata.org), [polars](https://pola.rs), "
        "[PyArrow](https://arrow.apache.org/docs/python), "
        "[Dask](https://docs.dask.org) data frames",
        "X, y and weights in any of them",
        "conversion",
    ),
    (
        "[skops](https://skops.readthedocs.io)",
        "files of every estimator that run no code when they are loaded",
        "test_saving.py",
    ),
    (
        "[ONNX Runtime](https://onnxruntime.ai)",
        "predictions and streams without skrnn and Keras",
        "onnx_export",
    ),
]


class Entry(NamedTuple):
    """Library of a test module: its name and address, what works, and code to show."""

    file: str
    name: str
    address: str
    text: str
    recipe: str | None


def entry(path: Path) -> Entry:
    """Return the library of a test module.

    Raises
    ------
    ValueError
        If its docstring has another form.
    """
    source = path.read_text(encoding="utf-8")
    module = ast.parse(source)
    match = DOCSTRING.fullmatch((ast.get_docstring(module) or "").replace("\n", " "))
    if match is None:
        raise ValueError(f'the docstring of {path.name} has to be "NAME (ADDRESS): what works".')
    names = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RECIPE"
    ]
    code = "\n\n\n".join(
        textwrap.dedent(ast.get_source_segment(source, node) or "")
        for node in module.body
        if getattr(node, "name", None) in names
    )
    return Entry(path.name, *match.group("name", "address", "text"), code or None)


def entries() -> list[Entry]:
    """Return the libraries of all test modules, sorted by name."""
    return sorted(map(entry, HERE.glob("test_*.py")), key=lambda one: one.name.lower())


def page() -> str:
    """Return the text of the page."""
    libraries = entries()
    rows = [
        (f"[{one.name}]({one.address})", one.text, f"integration/{one.file}") for one in libraries
    ]
    recipes = [
        f"## Code for {one.name}\n\n```py\n{one.recipe}\n```"
        for one in libraries
        if one.recipe is not None
    ]
    return "\n\n".join([INTRODUCTION, table(BESIDE), table(rows), *recipes]) + "\n"


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return a markdown table of libraries, what works, and the tests."""
    lines = ["| library | what works | tests |", "|---|---|---|"]
    lines += [
        f"| {library} | {text.rstrip('.')} | [{Path(test).name}](../tests/{test}) |"
        for library, text, test in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")
