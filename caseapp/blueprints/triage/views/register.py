"""The register as published: every agency reads it, and its earlier editions."""

from flask import abort, make_response, request

from caseapp import clock
from caseapp.blueprints.triage import bp
from caseapp.blueprints.triage.lists import REGISTER
from caseapp.documents import register_sheets
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import need_domains, register_published
from caseapp.queries import register as register_query
from caseapp.vocabulary import AuditAct
from caseapp.web.access import allowed, replace_reading
from caseapp.web.answers import page
from caseapp.web.sessions import viewer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def file_answer(body: bytes, name: str, kind: str, what: str, rows: int):
    """A file to be saved, and the audit row of its export."""
    replace_reading(AuditAct.EXPORTED, what, detail={"cases": [], "rows": rows})
    response = make_response(body)
    response.headers["Content-Type"] = XLSX if kind == "xlsx" else "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{clock.today()}.{kind}"'
    return response


def _edition():
    """The edition that the address names, else the newest; None while nothing was published."""
    editions = register_published.editions()
    asked = request.args.get("edition", "")
    if asked:
        found = next((one for one in editions if str(one.id) == asked), None)
        return (found or abort(404)), editions
    return (editions[0] if editions else None), editions


def _read(found):
    themes = sorted({one.theme for one in found if one.theme})
    return REGISTER.read(request.args, theme=(("", "All themes"), *((name, name) for name in themes)))


def _matching(found, state):
    return register_query.shown(
        found,
        kind=state["kind"],
        state=state["state"],
        theme=state["theme"],
        words=state["words"],
        order=state.order,
        descending=state.descending,
    )


@bp.get("/register")
@allowed(Do.SEE_REGISTER)
def register():
    edition, editions = _edition()
    found = register_published.content(edition.id) if edition else []
    state = _read(found)
    matching = _matching(found, state)
    pager = state.page(len(matching))
    start = (pager.number - 1) * REGISTER.per_page
    return page(
        "triage/register.html",
        edition=edition,
        editions=editions,
        newest=not editions or edition == editions[0],
        entries=matching[start : start + REGISTER.per_page],
        all_of_them=len(found),
        state=state,
        pager=pager,
        domains=need_domains.labels(),
        keeps=rules.may(viewer(), Do.KEEP_REGISTER),
    )


@bp.get("/register.<any(csv, xlsx):kind>")
@allowed(Do.SEE_REGISTER)
def export_register(kind):
    edition, _ = _edition()
    found = register_published.content(edition.id) if edition else []
    matching = _matching(found, _read(found))
    domains = need_domains.labels()
    if kind == "csv":
        body = register_sheets.register_csv(matching, domains)
    else:
        body = register_sheets.register_xlsx(edition, matching, domains)
    return file_answer(body, "register", kind, "register of gaps and blocks", len(matching))


@bp.get("/register/<id:entry_id>")
@allowed(Do.SEE_REGISTER)
def published_entry(entry_id):
    """One entry through its editions."""
    edition, _ = _edition()
    found = None
    if edition:
        found = next((one for one in register_published.content(edition.id) if one.id == entry_id), None)
    if found is None:
        abort(404)
    return page(
        "triage/published_entry.html",
        edition=edition,
        entry=found,
        history=register_published.history(entry_id),
        domains=need_domains.labels(),
        keeps=rules.may(viewer(), Do.KEEP_REGISTER),
    )
