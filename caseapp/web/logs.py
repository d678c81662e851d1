"""The technical log: one line for each thing that went wrong, and never a word about a person.

Who read or changed what is no matter of this log but of the audit record. Here stand the moment in UTC, the kind of
trouble, the endpoint (never the address, which holds a reference, nor its query, which may hold a name) and the number of
the account; of an error its kind and the lines of code, never its text, which may quote what somebody typed. Control
characters are written out, so that nobody can forge a line (ASVS 16.2.1, 16.2.5, 16.4.1). Whatever library writes goes
the same way.
"""

import logging
import re
import time
import traceback

from flask import g, has_request_context, request

#: What stands behind the question mark of an address.
_QUERY = re.compile(r"\?[^\s\"'<>]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
LONGEST = 2000


class OneLine(logging.Formatter):
    """`2026-11-22T09:00:00Z ERROR caseapp POST cases.create_note account 7: 500 …`"""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record):
        said = f"{record.levelname} {record.name}{_where()}: {_plain(record.getMessage())}"
        if record.exc_info and record.exc_info[1] is not None:
            said += " | " + self.formatException(record.exc_info)
        return f"{self.formatTime(record)} {said}"

    def formatException(self, info):
        """Kinds of error and where they arose, the first cause first; their texts are left out."""
        error, chain = info[1], []
        while error is not None and len(chain) < 5:
            lines = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)[-12:]
            ]
            chain.append(f"{type(error).__name__} at {' > '.join(lines) or 'no line'}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return " | then ".join(reversed(chain))


class WithoutQueries(logging.Filter):
    """For a logger with handlers of its own (the server's): takes the query out of every address in a line."""

    def filter(self, record):
        record.msg, record.args = _plain(record.getMessage()), ()
        return True


def install(app) -> None:
    """Once for a process: every logger writes in this way."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, OneLine) for handler in root.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(OneLine())
        root.addHandler(handler)
    if app.config["PRODUCTION"]:
        root.setLevel(logging.INFO)


def _plain(text: str) -> str:
    text = _QUERY.sub("?…", text)[:LONGEST]
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _where() -> str:
    if not has_request_context():
        return ""
    user = getattr(g, "_login_user", None)
    who = getattr(user, "user_id", None)
    return f" {request.method[:10]} {request.endpoint or 'no page'}" + (f" account {who}" if who else "")
