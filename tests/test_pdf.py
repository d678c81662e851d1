"""A PDF is made from this house's own files: nothing is fetched for it, and nobody elsewhere hears that it was made."""

import socket

import pytest

from caseapp.documents import pdf
from tests.tools import missing

PAGE = '<!DOCTYPE html><html lang="en"><title>Minutes</title>{}<h1>Minutes</h1></html>'
OWN = '<link rel="stylesheet" href="/static/app.css?v=1">'


@pytest.fixture(scope="module")
def plain():
    from caseapp import create_app

    if not pdf.available():
        missing("Pango")
    app = create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "k" * 40})
    with app.test_request_context("/"):
        yield app


@pytest.fixture
def outside():
    """Somebody who would hear of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def test_the_same_page_gives_the_same_document_again(plain):
    one, two = pdf.made(PAGE.format(OWN)), pdf.made(PAGE.format(OWN))
    assert one.startswith(b"%PDF") and len(one) == len(two)


@pytest.mark.parametrize(
    "href",
    [
        "http://{0}:{1}/x.css",
        "//{0}:{1}/x.css",
        "/static/../app.py",
        "/static/no-such.css",
        "file:///etc/passwd",
    ],
)
def test_a_style_sheet_that_is_not_ours_is_refused(plain, outside, href):
    with pytest.raises(ValueError, match="own files"):
        pdf.made(PAGE.format(f'<link rel="stylesheet" href="{href.format(*outside.getsockname())}">'))
    with pytest.raises(TimeoutError):
        outside.accept()


@pytest.mark.parametrize(
    "asks",
    [
        '<img src="http://{0}:{1}/x.png" alt="">',
        "<link rel='stylesheet' href='http://{0}:{1}/x.css'>",
        "<style>@import url(http://{0}:{1}/x.css); p {{ background: url(http://{0}:{1}/x.png) }}</style><p>x</p>",
    ],
)
def test_nothing_else_is_fetched_for_a_document(plain, outside, asks):
    assert pdf.made(PAGE.format(asks.format(*outside.getsockname()))).startswith(b"%PDF")
    with pytest.raises(TimeoutError):
        outside.accept()
