"""Markdown to HTML that can do nothing: the parser takes no HTML, and what it makes passes a list of allowed elements
all the same (docs/decisions/0009)."""

import re
from functools import cache, lru_cache

from markupsafe import Markup

_TAGS = set("h2 h3 h4 h5 p ul ol li strong em a blockquote code pre table thead tbody tr th td hr br".split())
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"scope"}}
_SCHEMES = {"https", "http", "mailto", "tel"}

#: Nesting deeper than this is no chapter.
_DEEPEST = 20


@cache
def _parser():
    from markdown_it import (
        MarkdownIt,
    )  # with nh3 2.5 MiB of a worker's memory: not before somebody reads a chapter

    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
    parser.options["maxNesting"] = _DEEPEST
    return parser


@lru_cache(maxsize=256)
def as_html(text: str) -> Markup:
    """Safe HTML. The outermost headings become h2, for the page's title is the h1; no level is left out."""
    import nh3

    parser = _parser()
    tokens = parser.parse(text)
    _level(tokens)
    html = nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )
    html = html.replace("<th>", '<th scope="col">')
    html = html.replace(
        "<table>", '<div class="ca-scroll" tabindex="0" role="region" aria-label="Table"><table>'
    )
    return Markup(html.replace("</table>", "</table></div>"))  # noqa: S704 - nh3 let nothing else through


def as_plain(text: str) -> str:
    """The words alone, a line for each paragraph, heading and item: for search, snippets and differences."""
    lines: list[str] = []
    prefix = ""
    for token in _parser().parse(text):
        if token.type == "list_item_open":
            prefix = f"{token.info}. " if token.info else "– "
        elif token.type == "inline":
            lines.append(prefix + _words(token))
            prefix = ""
        elif token.type in ("fence", "code_block"):
            lines.extend(token.content.splitlines())
    return "\n".join(line for line in (re.sub(r"\s+", " ", one).strip() for one in lines) if line)


def _words(token):
    said = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            said.append(" ")
        elif child.type in ("text", "code_inline"):
            said.append(child.content)
    return "".join(said)


def _level(tokens):
    """Headings from 2 on, each at most one deeper than the one before it."""
    before = 1
    given: list[int] = []
    for token in tokens:
        if token.type not in ("heading_open", "heading_close"):
            continue
        if token.type == "heading_open":
            asked = int(token.tag[1])
            while given and given[-1] >= asked:
                given.pop()
            given.append(asked)
            before = min(len(given) + 1, 5)
        token.tag = f"h{before}"
