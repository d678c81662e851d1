"""What a view asked about its request, so that a test need not send what nobody would look at.

`response.asked` of the test browser (tests/browser.py) holds the names of query parameters and of headers that were
looked up while the answer was made, "*" where somebody went through all of them. The application is deterministic: an
answer that was made without a look at HX-Request is the same answer with it.
"""

import contextvars
import sys
from urllib.parse import parse_qsl

from flask.wrappers import Request
from werkzeug.datastructures import EnvironHeaders, ImmutableMultiDict
from werkzeug.utils import cached_property

from caseapp.web import sanity

ALL = "*"


class Asked:
    def __init__(self):
        self.query, self.headers = set(), set()
        self.raw = False  # whether somebody looked at the body in another way than as a form

    def for_header(self, name: str) -> bool:
        return bool(self.headers & {name.lower(), ALL})


_asked = contextvars.ContextVar("asked", default=None)


def listen() -> Asked:
    """Begin to note, in this context, what is asked of a request."""
    asked = Asked()
    _asked.set(asked)
    return asked


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
