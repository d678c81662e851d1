"""What a view asked about its request and of the database, so that a test need not send what nobody would look at.

`response.asked` of the test browser (tests/browser.py) holds the names of query parameters and of headers that were
looked up while the answer was made, "*" where somebody went through all of them; the values that were looked up in the
database, and the tables that were read. The application is deterministic: an answer that was made without a look at
HX-Request is the same answer with it.
"""

import contextvars
import re
import sys
from collections import defaultdict
from functools import lru_cache
from inspect import getclosurevars
from urllib.parse import parse_qsl

from flask import g
from flask.wrappers import Request
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.datastructures import EnvironHeaders, ImmutableMultiDict
from werkzeug.utils import cached_property

from caseapp.web import sanity

ALL = "*"


class Asked:
    def __init__(self):
        self.query, self.headers = set(), set()
        self.raw = False  # whether somebody looked at the body in another way than as a form
        self.refused = False  # whether the guard refused, so that the view never ran
        self.values, self.tables = set(), set()  # bound in a statement; named in one
        self.statements = []  # with what they bound

    def way_to(self, value) -> frozenset:
        """The statements that looked for `value`, and what else they bound; without those of the audit record, which
        says in the end what was looked for."""
        return frozenset(
            (statement, tuple("this" if one == value else one for one in bound))
            for statement, bound in self.statements
            if value in bound and "audit_entry" not in statement
        )

    def for_header(self, name: str) -> bool:
        return bool(self.headers & {name.lower(), ALL})


_asked = contextvars.ContextVar("asked", default=None)


def listen() -> Asked:
    """Begin to note, in this context, what is asked of a request."""
    asked = Asked()
    _asked.set(asked)
    return asked


def watch_over(app) -> None:
    """Note whether the guard refused; after everything else, so that it looks first."""

    @app.after_request
    def note(response):
        if (asked := _asked.get()) is not None:
            asked.refused = g.get("refused", False)
        return response


@event.listens_for(Engine, "before_cursor_execute")
def _note_statement(_connection, _cursor, statement, parameters, _context, _many):
    if (asked := _asked.get()) is None:
        return
    bound = tuple(_single(parameters))
    asked.tables |= tables_of(statement)
    asked.values.update(bound)
    asked.statements.append((statement, bound))


def _single(given):
    """The numbers and texts in whatever way drivers take their values: in a row, by name, of several rows."""
    if isinstance(given, (int, str)):
        yield given
    elif isinstance(given, dict):
        yield from _single(tuple(given.values()))
    elif isinstance(given, (list, tuple)):
        for one in given:
            yield from _single(one)


@lru_cache(10_000)
def tables_of(statement: str) -> frozenset[str]:
    """The tables that a statement names (and a few words more, which do no harm)."""
    return frozenset(re.findall(r'\b(?:FROM|JOIN|INTO|UPDATE|,)\s*\(*"?(\w+)', statement, re.IGNORECASE))


class Alike:
    """Which addresses one person need not ask for, because the guard is known to refuse them (web.access: it looks its
    record up, and a view that is refused never runs):

    - another address of the route was refused, and the two differ only in what was not looked up meanwhile;
    - or in the record that the guard looks for, and the very statements with which this route looks for it have found
      nothing for this person already, from another route.

    So each route is asked for at least once, and each record by each way of looking for it. What is known holds until
    something is changed: `note` forgets all at each form that was taken.

    A test that is not about who may gives the application, `Alike(app)`: then what one guard refused, the same guard
    (the same act, of the same record, looked for by the same function) refuses before every other view as well."""

    def __init__(self, app=None):
        self._guards = guards_of(app) if app else {}
        self._forget()

    def _forget(self):
        self._refused = defaultdict(list)
        self._shut = set()  # (guard, key of its record)
        self._ways = defaultdict(
            set
        )  # by route: (name in the address, the way in which its record is looked for)
        self._closed = set()  # (way, value): looked for in vain

    def known(self, method: str, address) -> bool:
        route, values = (method, address.rule), address.values
        if self._at(method, address) in self._shut:
            return True
        return any(looked_up <= values.items() for looked_up in self._refused[route]) or any(
            (way, values.get(name)) in self._closed for name, way in self._ways[route]
        )

    def _at(self, method, address):
        """The guard of this page and the key of what it looks for; None where that is not known."""
        if guard := self._guards.get((method, address.rule)):
            return guard, address.values.get(guard[1])
        return None

    def note(self, method: str, address, response) -> None:
        asked, route = response.asked, (method, address.rule)
        if not asked.refused:
            if method != "GET" and response.status_code < 400:
                self._forget()
            return
        if guard := self._at(method, address):
            self._shut.add(guard)
        looked_up = {(name, one) for name, one in address.values.items() if one in asked.values}
        self._refused[route].append(looked_up)
        if response.status_code == 404 and len(looked_up) == 1:
            ((name, value),) = looked_up
            if way := asked.way_to(value):
                self._ways[route].add((name, way))
                self._closed.add((way, value))


def guards_of(app) -> dict:
    """By method and route: the guard of web.access that stands before the view, as (act, argument, what finds the record)."""
    found = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "__module__", "") == "flask.app" or view.__code__.co_name != "guarded":
            continue
        its = getclosurevars(view).nonlocals
        if "act" in its:
            guard = its["act"], its.get("argument"), its.get("find")
            found |= {(method, rule.rule): guard for method in rule.methods}
    return found


class NotedQuery(ImmutableMultiDict):
    """The parameters of an address, telling which were looked up."""

    def __getitem__(self, key):
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self._note(key)
        return super().__contains__(key)

    def __iter__(self):
        self._note(ALL)
        return super().__iter__()

    def get(self, key, *args, **kwargs):
        self._note(key)
        return super().get(key, *args, **kwargs)

    def getlist(self, key, *args, **kwargs):
        self._note(key)
        return super().getlist(key, *args, **kwargs)

    def keys(self):
        self._note(ALL)
        return super().keys()

    def values(self):
        self._note(ALL)
        return super().values()

    def listvalues(self):
        self._note(ALL)
        return super().listvalues()

    def items(self, multi=False):
        self._note(ALL)
        return super().items(multi)

    def lists(self):
        self._note(ALL)
        return super().lists()

    def to_dict(self, flat=True):
        self._note(ALL)
        return super().to_dict(flat)

    def __copy__(self):
        self._note(ALL)
        return super().__copy__()

    def copy(self):
        self._note(ALL)
        return super().copy()

    @staticmethod
    def _note(key):
        """The sanity gate, which measures everything before anybody looks, does not count."""
        if sys._getframe(2).f_globals["__name__"] == sanity.__name__:
            return
        if (asked := _asked.get()) is not None:
            asked.query.add(key)


class NotedHeaders(EnvironHeaders):
    """The headers of a request, telling which were looked up."""

    def _get_key(self, key):
        self._note(key.lower() if isinstance(key, str) else ALL)
        return super()._get_key(key)

    def getlist(self, key, type=None):
        """A request has one value of each: so that looking for the cookie is not taken for going through all."""
        one = self.get(key, type=type)
        return [] if one is None else [one]

    def __iter__(self):
        self._note(ALL)
        return super().__iter__()

    @staticmethod
    def _note(key):
        if (asked := _asked.get()) is not None:
            asked.headers.add(key)


class NotedRequest(Request):
    def __init__(self, environ, *args, **kwargs):
        super().__init__(environ, *args, **kwargs)
        self.headers = NotedHeaders(environ)

    @property
    def query_string(self):
        """All parameters at once."""
        NotedQuery._note(ALL)
        return self._query_string

    @query_string.setter
    def query_string(self, value):
        self._query_string = value

    @cached_property
    def args(self):
        return NotedQuery(
            parse_qsl(self._query_string.decode(), keep_blank_values=True, errors="werkzeug.url_quote")
        )

    def get_json(self, *args, **kwargs):
        if (asked := _asked.get()) is not None:
            asked.raw = True
        return super().get_json(*args, **kwargs)

    def get_data(self, *args, **kwargs):
        known = sys._getframe(1).f_globals["__name__"] in {sanity.__name__, "werkzeug.wrappers.request"}
        if not known and (asked := _asked.get()) is not None:
            asked.raw = True
        return super().get_data(*args, **kwargs)
