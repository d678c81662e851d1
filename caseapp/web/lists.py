"""Lists: which filters, orders and pages an address may ask for; saved views; CSV of exactly what is shown.

A list is declared once, as a `ListSpec`. `spec.read(request.args)` gives a `ListState`: what the address asks for, as
far as the list knows it. What the list does not know (an old bookmark, a typing error) is left out, so that an address
always shows something and never breaks; what counts is shown in the filter bar and kept in every link.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from flask import make_response, url_for

from caseapp import clock, sheets
from caseapp.policy.do import Do
from caseapp.vocabulary import AuditAct
from caseapp.web import sealed
from caseapp.web.access import note_reading, replace_reading
from caseapp.web.forms import clean

#: No more rows than this go into one file; the page says so before, and the file itself does.
EXPORT_MOST = 10_000
WORDS_MOST = 80
PAGE_MOST = 100_000

SPECS: dict[str, "ListSpec"] = {}


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with named answers. The first is what counts when the address says nothing."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    #: drawn in the filter bar; otherwise the page draws it in its own way (a row of links)
    in_bar: bool = True

    @property
    def default(self) -> str:
        return self.options[0][0]

    def read(self, text: str) -> str:
        return text if text in {value for value, _ in self.options} else self.default


@dataclass(frozen=True, slots=True)
class Words:
    """A filter by words that somebody types: at most 80 characters. In addresses they stand sealed (web.sealed)."""

    name: str
    label: str
    in_bar: bool = True
    default = ""

    def read(self, text: str) -> str:
        return " ".join(clean(sealed.opened(text)).split())[:WORDS_MOST]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list and of its file. `sort` is the order that its heading asks for; `first` its direction."""

    key: str
    label: str
    sort: bool = False
    numeric: bool = False
    descending_first: bool = False


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A list: its name in saved views, the page that shows it, who may, its filters and columns."""

    name: str
    title: str
    endpoint: str
    act: Do
    filters: tuple
    columns: tuple[Column, ...]
    order: str
    per_page: int = 25
    #: whether it can be saved as a view; not where its address needs more than its filters
    saved: bool = True

    def __post_init__(self):
        if self.saved:
            SPECS[self.name] = self

    def read(self, args: Mapping[str, str], address: Mapping | None = None, **extra: tuple) -> "ListState":
        """What an address asks for. `address` are the values that url_for needs besides; `extra` gives filters whose
        options are only known now (the people in the list): name=(("", "All"), …)."""
        filters = tuple(
            replace(one, options=tuple(extra[one.name])) if one.name in extra else one for one in self.filters
        )
        values = {one.name: one.read(args.get(one.name, "")) for one in filters}
        order, descending = self._order(args.get("sort", ""))
        number = args.get("page", "")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
        return ListState(
            self, filters, values, order, descending, min(max(page, 1), PAGE_MOST), dict(address or {})
        )

    def known(self, query: str) -> str:
        """A query as this list would write it: what it does not know is left out."""
        names = {one.name for one in self.filters} | {"sort"}
        typed = {one.name for one in self.filters if isinstance(one, Words)}
        pairs = parse_qsl(query[:1000], keep_blank_values=False)
        said = {name: value for name, value in pairs if name in names and clean(value)}
        return urlencode({k: sealed.seal(sealed.opened(v)) if k in typed else v for k, v in said.items()})

    def _order(self, asked: str) -> tuple[str, bool]:
        known = {column.key: column for column in self.columns if column.sort}
        key = asked.removeprefix("-")
        if key in known:
            return key, asked.startswith("-")
        return self.order.removeprefix("-"), self.order.startswith("-")


@dataclass(frozen=True, slots=True)
class ListState:
    """What one address of a list asks for; makes the addresses of its other pages."""

    spec: ListSpec
    filters: tuple
    values: dict[str, str]
    order: str
    descending: bool
    number: int
    address: dict = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.spec.per_page

    @property
    def said(self) -> dict[str, str]:
        """What differs from the plain list, without the page: this is what a saved view keeps."""
        said = {
            one.name: sealed.seal(self.values[one.name]) if isinstance(one, Words) else self.values[one.name]
            for one in self.filters
            if self.values[one.name] != one.default
        }
        if (sort := self._sort(self.order, self.descending)) != self.spec.order:
            said["sort"] = sort
        return said

    @property
    def query(self) -> str:
        return urlencode(self.said)

    @property
    def filtered(self) -> bool:
        return any(self.values[one.name] != one.default for one in self.filters if one.in_bar)

    @property
    def kept(self) -> dict[str, str]:
        """What the filter bar's form must carry along: the order, and filters that it does not draw."""
        in_bar = {one.name for one in self.filters if one.in_bar}
        return {name: value for name, value in self.said.items() if name not in in_bar}

    @property
    def plain_url(self) -> str:
        """The list without the bar's filters."""
        return url_for(self.spec.endpoint, **self.address, **self.kept)

    def url(self, endpoint: str | None = None, **change) -> str:
        """The address that asks for the same, but for `change` ("" takes a filter off); the first page."""
        said = {k: v for k, v in (self.said | change).items() if v not in ("", None)}
        return url_for(endpoint or self.spec.endpoint, **self.address, **said)

    def sort_url(self, key: str) -> str:
        """The address of a column's heading: by this column, or the other way round if it is so already."""
        column = next(column for column in self.spec.columns if column.key == key)
        if self.order == key:
            descending = not self.descending
        else:
            descending = column.descending_first
        sort = self._sort(key, descending)
        return self.url(sort="" if sort == self.spec.order else sort)

    def direction(self, key: str) -> str | None:
        """For aria-sort."""
        if self.order != key:
            return None
        return "descending" if self.descending else "ascending"

    def page(self, total: int, more: bool = False) -> "Page":
        """The pager for so many rows in all; `more` when counting stopped there."""
        return Page(self, total, max(1, -(-total // self.spec.per_page)), more)

    @staticmethod
    def _sort(key, descending):
        return f"-{key}" if descending else key


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, for components/pagination.html."""

    state: ListState
    count: int
    pages: int
    more: bool = False

    @property
    def number(self) -> int:
        return min(self.state.number, self.pages)

    @property
    def total(self) -> str | int:
        return f"More than {self.count:,}" if self.more else self.count

    def url(self, number: int) -> str:
        return self.state.url(page=number if number > 1 else "")


def note_listed(what: str, case_ids: Iterable[int], **more: Iterable) -> None:
    """One audit row for a page of a list: which cases it named (X-5), and with `more` what else, by the name of its kind
    (gaps without a person, grievances, the people that a filter offers). Nothing when it named none."""
    if named := _named(cases=case_ids, **more):
        note_reading(AuditAct.LISTED, what, detail=named)


def note_printed(what: str, case_ids: Iterable[int], **more: Iterable) -> None:
    """As note_listed, for a page that is made to be printed."""
    if named := _named(cases=case_ids, **more):
        replace_reading(AuditAct.PRINTED, what, detail=named)


def csv_answer(name: str, what: str, columns: Iterable[str], rows: list[tuple], case_ids: Iterable[int]):
    """A CSV file of these rows, safe to open in a spreadsheet, and the audit row of its export. `rows` may hold one
    more than EXPORT_MOST: then the file ends with a line that says that it is not all."""
    columns = list(columns)
    left_out = len(rows) > EXPORT_MOST
    rows = list(rows[:EXPORT_MOST])
    ids = _distinct(list(case_ids)[:EXPORT_MOST])
    if left_out:
        rows.append((f"Only the first {EXPORT_MOST:,} rows are here. Filter the list to get the others.",))
    replace_reading(AuditAct.EXPORTED, what, detail={"cases": ids, "rows": len(rows) - left_out})
    response = make_response(sheets.csv_bytes(columns, rows))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    file = f"{name}-{clock.today().isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _named(**kinds):
    return {kind: found for kind, ids in kinds.items() if (found := _distinct(ids))}


def _distinct(ids):
    return sorted({one for one in ids if one})
