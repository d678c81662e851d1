"""Text that was typed before a session ended is carried over the sign-in, never lost.

Nothing is stored: the sign-in page holds what the browser itself has just sent, as hidden inputs, and the page after
signing in shows it and sends it to where it was going, with a fresh CSRF token and its own `once` and `version`. So
whoever signs in sees no more than the browser in front of them held already, what they send is judged by their own
rights, and a form that had gone through after all is not done twice. The sign-in page says to throw the text away if
it is somebody else's (docs/decisions/0004-accounts.md).
"""

import re
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for

from caseapp.web.demo_door import DemoDoor
from caseapp.web.error_pages import show
from caseapp.web.field_words import endpoint_of, readable
from caseapp.web.forms import clean
from caseapp.web.passwords import SignInForm
from caseapp.web.sessions import KEPT_AT_MOST, local_path, viewer

PREFIX = "kept-"
TO = "kept_to"

_NEVER = re.compile(r"csrf|passw|secret|token|\A(?:kept-)?(?:old|new|again|code|answer)\Z", re.IGNORECASE)
_NOTHING_TO_KEEP = {
    "auth.forgotten_now",
    "auth.new_password_now",
    "auth.back_from_directory_now",
    "auth.ask_key",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that could not be taken: where it was going, and every field with its value, in order."""

    to: str
    fields: tuple[tuple[str, str], ...]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Name and value of the inputs that carry it over the sign-in."""
        return [(TO, self.to), *((PREFIX + name, value) for name, value in self.fields)]

    @property
    def readable(self) -> list[tuple[str, str]]:
        """What its writer will recognise: the field's name in words, and the text."""
        return readable(self.fields, endpoint_of(self.to))


def keep():
    """The answer (401) to a form that arrives signed out: the sign-in page, holding what was typed."""
    if request.endpoint == "auth.sign_out":
        return redirect(url_for("auth.signed_out"), 303)
    if request.endpoint in {"auth.sign_in_now", "auth.second_now", "auth.go_on_with_text"}:
        return _once_more()
    if request.endpoint in _NOTHING_TO_KEEP:
        return show(400)
    fields = [(name, value) for name, value in request.form.items(multi=True) if not _NEVER.search(name)]
    text = _kept(local_path(request.full_path.rstrip("?")), fields)
    if text is None and fields:  # too much to carry along: shown, to be copied
        shown = readable(fields, request.endpoint)
        return render_template("errors/error.html", status=401, kept=shown), 401
    return _door(SignInForm(formdata=None), text), 401


def typed() -> Kept | None:
    """What this request was about to send, to be carried over a page that comes first; None where it is too much."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if not _NEVER.search(name)]
    return _kept(local_path(request.full_path.rstrip("?")), fields or [("once", "")])


def show_again(text: Kept):
    """The page after signing in: what was typed, to be sent on with one button."""
    from caseapp.web.navigation import landing

    return render_template("auth/kept.html", kept=text, landing=landing(viewer()))


def _once_more():
    """A sign-in page that was open while somebody signed in or out in another tab: its token is of no use any more."""
    form = SignInForm(formdata=None)
    form.email.data = clean(request.form.get("email", ""))[:300]
    form.reject("This page had been open for too long. Give your password once more.")
    return _door(form, carried()), 400


def _door(form, text):
    from caseapp.web import directories

    return render_template(
        "auth/sign_in.html", form=form, kept=text, demo_door=DemoDoor(), directories=directories.offered()
    )


def carried() -> Kept | None:
    """The kept form that a sign-in brought along; None if there is none, or if it was tampered with."""
    to = local_path(request.form.get(TO))
    if to is None:
        return None
    fields = [
        (name.removeprefix(PREFIX), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(PREFIX) and not _NEVER.search(name)
    ]
    return _kept(to, fields)


def _kept(to, fields):
    if to is None or not fields or sum(len(name) + len(value) for name, value in fields) > KEPT_AT_MOST:
        return None
    return Kept(to, tuple(fields))
