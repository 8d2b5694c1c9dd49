"""The HTML representation of estimators links to the documentation where its address is known."""

from email.message import Message

import pytest

from skrnn import GRURegressor, SequenceTranslator, SlidingWindow, _doc_link


@pytest.fixture
def address(request, monkeypatch):
    """Give the installed package a link, or none."""
    message = Message()
    for link in request.param:
        message["Project-URL"] = link
    monkeypatch.setattr(_doc_link, "metadata", lambda name: message)
    _doc_link.documentation_address.cache_clear()
    yield
    _doc_link.documentation_address.cache_clear()


@pytest.mark.parametrize(
    "address",
    [["Source, https://a.example", "Documentation, https://docs.example/x/"]],
    indirect=True,
)
@pytest.mark.parametrize("estimator", [GRURegressor(), SlidingWindow(3), SequenceTranslator()])
def test_an_estimator_links_to_its_page(address, estimator):
    page = f"https://docs.example/x/api/skrnn.{type(estimator).__name__}.html"
    assert page in estimator._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("address", [[], ["Source, https://a.example"]], indirect=True)
def test_without_an_address_there_is_no_link(address):
    html = GRURegressor()._repr_mimebundle_()["text/html"]
    assert "href" not in html or "/api/skrnn" not in html


@pytest.mark.parametrize("address", [["Documentation, https://docs.example"]], indirect=True)
def test_a_class_of_a_user_has_no_page(address):
    class Own(GRURegressor):
        pass

    assert Own()._get_doc_link() == ""
