"""The built site in docs/_build/html: every public name has a page with its documentation."""

import re
from pathlib import Path

import pytest

from tests.test_site import EXAMPLES, PUBLIC

pytestmark = pytest.mark.site

HTML = Path(__file__).resolve().parents[2] / "docs" / "_build" / "html"
#: Constants, modules and layers of Keras, which share a page.
TOGETHER = {"networks.html", "parameters.html", "layers.html"}


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_documented(module):
    shared = "".join((HTML / "reference" / name).read_text(encoding="utf-8") for name in TOGETHER)
    for name in PUBLIC[module]:
        full, page = f"{module}.{name}", HTML / "api" / f"{module}.{name}.html"
        text = page.read_text(encoding="utf-8") if page.exists() else shared
        assert f'id="{full}"' in text, full


def test_a_page_has_parameters_attributes_see_also_an_example_and_the_gallery():
    text = (HTML / "api" / "skrnn.GRUForecaster.html").read_text(encoding="utf-8")
    for part in ("Parameters", "Attributes", "See also", "Examples", "Examples of the gallery"):
        assert re.search(rf">{part}\b", text), part
    assert "int or tuple of int, default=32" in re.sub(r"<[^>]+>", "", text)
    assert "plot_airline.html" in text


def test_every_link_inside_the_site_has_a_goal():
    missing = set()
    for page in HTML.rglob("*.html"):
        shows_code = page.is_relative_to(HTML / "source")
        if shows_code or page.is_relative_to(HTML / "_static") or page.name == "404.html":
            continue
        for path in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text(encoding="utf-8")):
            if not re.match(r"\w+:|//", path) and not (page.parent / path).resolve().exists():
                missing.add((page.relative_to(HTML).as_posix(), path))
    assert not missing


def test_the_examples_were_run():
    assert len(EXAMPLES) >= 20
    for example in EXAMPLES:
        page = HTML / "auto_gallery" / example.parent.name / f"{example.stem}.html"
        assert "sphx_glr_" in page.read_text(encoding="utf-8"), example


def test_language_models_have_a_list_of_the_pages():
    text = (HTML / "llms.txt").read_text(encoding="utf-8")
    assert text.startswith("# skrnn\n")
    assert "forecasting.html" in text
