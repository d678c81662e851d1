"""PDF from the very template that is printed: one page for screen, paper and file. Tagged (PDF/UA-1 as WeasyPrint writes
it), so that a screen reader finds headings and tables; not certified.

Nothing is fetched: style sheets of this house are read from its own folder, any other address is refused, so a file can
neither wait for a network nor tell anybody that it was made.
"""

import logging
from ctypes.util import find_library
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app, make_response


def made(html: str) -> bytes:
    """The document as a PDF. `html` is a whole page with lang and title, as base_print.html makes it."""
    from weasyprint import HTML  # 0.5 s and 40 MB, so only a process that makes a PDF pays for it
    from weasyprint.urls import URLFetcher

    for name in ("weasyprint", "fontTools"):  # it tells of every rule of app.css that is for screens
        logging.getLogger(name).setLevel(logging.ERROR)

    class House(URLFetcher):
        """Only our own static files."""

        def fetch(self, url, headers=None):
            found = _static(url)
            if found is None:
                raise ValueError("Only this house’s own files may stand in a document.")
            return super().fetch(found.as_uri(), headers)

    return HTML(string=html, base_url="http://house.invalid/", url_fetcher=House()).write_pdf(
        pdf_variant="pdf/ua-1"
    )


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether this machine has what WeasyPrint draws text with (docs/operators/deploy.md names the packages)."""
    return all(find_library(name) for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset"))


def answer(html: str, name: str):
    """A PDF to be kept under that name, which holds no personal data: it lands in download folders and histories.

    A machine without the libraries for it answers with the printed page itself, which any browser can keep as a PDF."""
    if not available():
        return make_response(html)
    response = make_response(made(html))
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _static(url: str) -> Path | None:
    """The file of our own static folder behind an address, or None."""
    parts = urlsplit(url)
    prefix = f"{current_app.static_url_path}/"
    if parts.hostname != "house.invalid" or not parts.path.startswith(prefix):
        return None
    folder = Path(current_app.static_folder).resolve()
    file = (folder / parts.path.removeprefix(prefix)).resolve()
    return file if file.is_file() and file.is_relative_to(folder) else None
