"""Where browsers tell that a page tried something its content policy forbids (ASVS 3.4.7): one line in the log.

Anybody can send one, so it is answered before a database or a session is looked at, at most 8 KB are read, each process
writes at most twenty lines a minute, and of what was sent only words of the policy and names of machines reach the log:
never a path, a query or a piece of script, which may hold a name or a case's reference.
"""

import json
import re
import threading
import time
from urllib.parse import urlsplit

from flask import current_app, request

from caseapp.extensions import csrf
from caseapp.web.access import public

ADDRESS = "/policy-reports"
ENDPOINT = "policy_reports"
LARGEST = 8 * 1024
LINES_A_MINUTE = 20
KINDS = {"application/csp-report", "application/reports+json", "application/json"}

_WORD = re.compile(r"[a-z-]{1,40}\Z")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,80}\Z")


class _Minute:
    """How many lines this process may still write in this minute."""

    def __init__(self):
        self._lock = threading.Lock()
        self._minute, self._left = -1, 0

    def allows(self) -> bool:
        now = int(time.monotonic() // 60)
        with self._lock:
            if now != self._minute:
                self._minute, self._left = now, LINES_A_MINUTE
            self._left -= 1
            return self._left >= 0


minute = _Minute()


def install(app) -> None:
    """Before everything else that happens to a request."""
    app.add_url_rule(ADDRESS, endpoint=ENDPOINT, view_func=csrf.exempt(public(_take)), methods=["POST"])
    app.before_request(lambda: _take() if request.endpoint == ENDPOINT and request.method == "POST" else None)


def _take():
    """Always the same answer: whoever sends a report learns nothing from it."""
    if request.mimetype in KINDS and (request.content_length or 0) <= LARGEST:
        for line in _lines(request.stream.read(LARGEST)):
            if not minute.allows():
                break
            current_app.logger.warning("content policy: %s", line)
    return "", 204


def _lines(body: bytes) -> list[str]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    reports = told if isinstance(told, list) else [told]
    return [line for one in reports[:5] if (line := _line(one))]


def _line(report) -> str | None:
    """`script-src-elem refused evil.example, on cases.show`, from either of the two shapes that browsers send."""
    if not isinstance(report, dict):
        return None
    told = report.get("csp-report") or report.get("body")
    if not isinstance(told, dict):
        return None
    directive = (
        told.get("effective-directive") or told.get("effectiveDirective") or told.get("violated-directive")
    )
    if not isinstance(directive, str) or not _WORD.match(directive):
        return None
    blocked = _place(told.get("blocked-uri") or told.get("blockedURL"))
    return f"{directive} refused {blocked}, on {_page(told.get('document-uri') or told.get('documentURL'))}"


def _place(address) -> str:
    """`inline`, `eval`, or the name of the machine; nothing that stands behind it."""
    if not isinstance(address, str):
        return "something"
    if _WORD.match(address):
        return address
    try:
        host = urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:
        return "something"
    return host if _HOST.match(host) else "something"


def _page(address) -> str:
    """Which of our pages it was, by its endpoint; the address itself holds a case's reference."""
    try:
        path = urlsplit(address).path if isinstance(address, str) else ""
        return current_app.url_map.bind("localhost").match(path, "GET")[0]
    except Exception:
        return "no page of ours"
