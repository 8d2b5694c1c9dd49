"""The page of libraries says what the tests of tests/integration run."""

import re
import tomllib

import pytest

from tests.integration.works_with import HERE, PAGE, entries, entry, page

#: Libraries that come with others of the extra, or with skrnn.
WITH_OTHERS = {"scikit-base", "sktime"}
#: Extras with the libraries of the tests.
EXTRAS = ("integration", "spark")


def test_the_page_is_that_of_the_tests():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run: python -m tests.integration.works_with > docs/works_with.md"
    )


def test_every_library_is_installed_by_an_extra():
    project = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    names = {re.split(r"[\[>=-]", one)[0].lower() for n in EXTRAS for one in extras[n]}
    for one in entries():
        assert one.name in WITH_OTHERS or re.split("[ -]", one.name)[0].lower() in names, one.name


def test_a_docstring_without_an_address_is_refused(tmp_path):
    path = tmp_path / "test_nothing.py"
    path.write_text('"""A library: works."""\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"test_nothing\.py has to be"):
        entry(path)
