"""The built site in a browser: pages load, the search finds them, and nothing overflows.

Needs the site in docs/_build/html, playwright and Chromium.
"""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.site

HTML = Path(__file__).resolve().parents[2] / "docs" / "_build" / "html"
PAGES = [
    "index.html",
    "forecasting.html",
    "benchmarks_overview.html",
    "api/skrnn.GRUForecaster.html",
    "auto_gallery/index.html",
    "auto_gallery/forecasting/plot_airline.html",
    "source/skrnn/datasets.py.html",
]
#: Words, and the page that is to be among the first three results.
SEARCHES = {
    "TimeSeriesSplit": "windows.html",
    "ragged": "faq.html",
    "GRUForecaster": "api/skrnn.GRUForecaster.html",
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A handler that does not write to the terminal."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """Return a page that records the errors of its console."""
    page = browser.new_page()
    page.errors = []
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_without_errors(page, address, path):
    assert page.goto(address + path).ok
    assert page.locator("h1").first.is_visible()
    # The theme says so where no mode was chosen before.
    assert [text for text in page.errors if "theme mode" not in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_overflows_on_a_telephone(page, address, path):
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("words", SEARCHES)
def test_a_search_finds_the_page_among_the_first_three(page, address, words):
    page.goto(f"{address}search.html?q={words}")
    results = page.locator("ul.search li a")
    page.locator(".search-summary", has_text="found").wait_for()  # all results are there
    first = [link.get_attribute("href").partition("#")[0] for link in results.all()[:3]]
    assert SEARCHES[words] in first


def test_the_gallery_shows_a_picture_of_each_example(page, address):
    page.goto(address + "auto_gallery/index.html")
    pictures = page.locator(".sphx-glr-thumbcontainer img")
    assert pictures.count() >= 20
    drawn = "images => images.every(image => !image.src.includes('no_image'))"
    assert pictures.evaluate_all(drawn)
