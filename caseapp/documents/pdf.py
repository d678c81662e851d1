"""PDF from the very template that is printed: one page for screen, paper and file. Tagged (PDF/UA-1 as WeasyPrint writes
it), so that a screen reader finds headings and tables; not certified.

Nothing is fetched: style sheets of this house are read from its own folder, any other address is refused, so a file can
neither wait for a network nor tell anybody that it was made.
"""

import logging
import re
from ctypes.util import find_library
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from flask import current_app, make_response

BASE = "http://house.invalid/"
_SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


def made(html: str) -> bytes:
    """The document as a PDF. `html` is a whole page with lang and title, as base_print.html makes it. Raises ValueError
    where it asks for a style sheet that is not this house's."""
    from weasyprint import HTML  # 0.5 s and 40 MB, so only a process that makes a PDF pays for it

    for name in ("weasyprint", "fontTools"):  # it tells of every rule of app.css that is for screens
        logging.getLogger(name).setLevel(logging.ERROR)
    sheets = [_style(*_found(urljoin(BASE, href))) for href in _SHEET.findall(html)]
    page = HTML(string=_SHEET.sub("", html), base_url=BASE, url_fetcher=_house())
    return page.write_pdf(pdf_variant="pdf/ua-1", stylesheets=sheets)


@lru_cache(maxsize=8)
def _style(file: Path, _changed: int):
    """A style sheet as WeasyPrint understands it: that takes a second, so once for each process and state of the file."""
    from weasyprint import CSS

    return CSS(string=file.read_text(encoding="utf-8"), base_url=BASE, url_fetcher=_house())


def _house():
    """What fetches for a document: only our own static files."""
    from weasyprint.urls import URLFetcher

    class House(URLFetcher):
        def fetch(self, url, headers=None):
            return super().fetch(_found(url)[0].as_uri(), headers)

    return House()


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


def _found(url: str) -> tuple[Path, int]:
    """The file of our own static folder behind an address, and when it was changed last. Raises ValueError for any other
    address."""
    parts = urlsplit(url)
    prefix = f"{current_app.static_url_path}/"
    folder = Path(current_app.static_folder).resolve()
    file = (folder / parts.path.removeprefix(prefix)).resolve()
    if (
        f"{parts.scheme}://{parts.netloc}/" != BASE
        or not parts.path.startswith(prefix)
        or not file.is_relative_to(folder)
        or not file.is_file()
    ):
        raise ValueError("Only this house’s own files may stand in a document.")
    return file, file.stat().st_mtime_ns
