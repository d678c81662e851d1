"""Every route says who may use it, or the application does not start.

`@public`, `@signed_in`, `@allowed(Do.X)` for acts on no record, `@on_case(Do.X)` and `@on_person(Do.X)` for acts on one:
these load the record through policy.scopes (unseen is 404), ask policy.rules (refused is 403), note the reading in the
audit record, and hand the view the record instead of an id.
"""

from functools import wraps

from flask import abort, g, request
from flask_login import current_user

from caseapp import clock
from caseapp.extensions import db
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.services import audit
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct
from caseapp.web.sessions import unauthorised, viewer


def public(view):
    """Anybody, signed in or not."""
    view.access = "public"
    return view


def signed_in(view):
    """Any member of staff with a live session."""

    @wraps(view)
    def guarded(**kwargs):
        return view(**kwargs) if current_user.is_authenticated else unauthorised()

    guarded.access = "signed-in"
    return guarded


def allowed(act: Do):
    """Those whose roles allow an act that is about no record in particular."""

    def guard(view):
        @wraps(view)
        def guarded(**kwargs):
            if not current_user.is_authenticated:
                return unauthorised()
            if not rules.may(viewer(), act):
                _refuse(act, None, 403)
            return view(**kwargs)

        guarded.access = act.value
        return guarded

    return guard


def on_case(act: Do, reads: str | None = None):
    """An act on one case, given by `reference` in the address. The view gets `case`, a CaseFile.

    `reads` names, for the audit record, what a page of this route shows; without it the act's own name is used."""

    def guard(view):
        @wraps(view)
        def guarded(reference, **kwargs):
            if not current_user.is_authenticated:
                return unauthorised()
            case = scopes.find_case(viewer(), reference)
            if case is None:
                _refuse(act, reference, 404)
            if not rules.may(viewer(), act, case):
                _refuse(act, reference, 403)
            _reading(reads or act.value, case=case)
            return view(case=case, **kwargs)

        guarded.access = act.value
        return guarded

    return guard


def on_person(act: Do, reads: str | None = None):
    """An act on one person, given by `person_id` in the address. The view gets `person`, a PersonFile."""

    def guard(view):
        @wraps(view)
        def guarded(person_id, **kwargs):
            if not current_user.is_authenticated:
                return unauthorised()
            person = scopes.find_person(viewer(), person_id)
            if person is None:
                _refuse(act, None, 404, person_id=person_id)
            if not rules.may(viewer(), act, person):
                _refuse(act, None, 403, person_id=person_id)
            _reading(reads or act.value, person_id=person.id)
            return view(person=person, **kwargs)

        guarded.access = act.value
        return guarded

    return guard


def _reading(what, *, case=None, person_id=None):
    note_reading(AuditAct.READ, what, case=case, person_id=person_id)


def note_reading(act: AuditAct, what: str, *, case=None, case_id=None, person_id=None, detail=None) -> None:
    """Leave word that the answer to this request shows a record; written before the answer leaves (after_request).

    The first word about a record counts; `replace_reading` gives a better one (an export, a print)."""
    entries = g.setdefault("readings", [])
    entries.append(
        audit.entry(
            viewer(),
            act,
            what,
            at=clock.now(),
            case=case,
            case_id=case_id,
            person_id=person_id,
            address=request.remote_addr or "",
            detail=detail,
        )
    )


def replace_reading(act: AuditAct, what: str, **about) -> None:
    """Say better what this answer is: a print or an export instead of a reading."""
    g.pop("readings", None)
    note_reading(act, what, **about)


def _refuse(act, reference, status, person_id=None):
    """Record the refusal, in its own transaction, and answer. The same statement runs for a record that is not there
    and for one that may not be known of."""
    db.session.rollback()
    with unit_of_work():
        audit.write_refusal(
            viewer(),
            act.value,
            at=clock.now(),
            reference=reference,
            address=request.remote_addr or "",
            person_id=person_id,
        )
    abort(status)


def refuse_unguarded(app) -> None:
    """Stop the start if a route has no access word."""
    app.view_functions["static"].access = "public"
    bare = sorted(
        {
            r.endpoint
            for r in app.url_map.iter_rules()
            if not hasattr(app.view_functions[r.endpoint], "access")
        }
    )
    if bare:
        raise RuntimeError(f"no access rule on: {', '.join(bare)}")
