"""Needs, one part of life after the other; each is edited in its place (B2, S3-15, S4-17)."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.plan import bp
from caseapp.blueprints.plan.editing import frame
from caseapp.blueprints.plan.forms.editing import NeedForm
from caseapp.errors import NotVisible
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import plan_needs
from caseapp.services import needs as service
from caseapp.web import record
from caseapp.web.access import on_case
from caseapp.web.answers import either, fragment, page, refused, saved, wants_fragment
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/needs")
@on_case(Do.VIEW_CASE, reads="the needs")
def needs(case):
    return page("plan/needs.html", **_page(case))


@bp.get("/cases/<ref:reference>/needs/<domain>")
@on_case(Do.EDIT_PLAN, reads="the needs")
def edit_need(case, domain):
    need = _need(case, domain)
    form = NeedForm(
        version=need.version,
        key=domain,
        data={
            "level": need.level,
            "priority": str(need.priority or ""),
            "words": need.words,
            "situation": need.situation,
            "functioning": need.functioning,
            "wants_help": need.wants_help,
        },
    )
    return either("plan/need.html", "plan/_need_form.html", **_form(case, need, form))


@bp.get("/cases/<ref:reference>/needs/<domain>/row")
@on_case(Do.VIEW_CASE, reads="the needs")
def need_row(case, domain):
    """The row again, after an edit that was given up."""
    return fragment("plan/_need.html", need=_need(case, domain), **_page(case))


@bp.post("/cases/<ref:reference>/needs/<domain>")
@on_case(Do.EDIT_PLAN)
def write_need(case, domain):
    need = _need(case, domain)
    form = NeedForm(key=domain)
    if form.validate_on_submit() and form.accepts(
        service.assess,
        case,
        actor=viewer(),
        at=clock.now(),
        domain=domain,
        level=form.level.data,
        priority=form.rank,
        situation=form.situation.data,
        functioning=form.functioning.data,
        words=form.words.data,
        wants_help=form.wants_help.data,
        version=form.seen_version,
    ):
        url = url_for("plan.needs", reference=case.reference) + f"#need-{domain}"
        return saved(
            url, "plan/_need.html", say="Saved.", need=_need(case, domain), note="Saved.", **_page(case)
        )
    if form.stale and form.stale.saved:
        form.stale.saved["priority"] = str(form.stale.saved["priority"] or "")
    return refused("plan/need.html", "plan/_need_form.html", **_form(case, need, form))


def _need(case, domain):
    need = plan_needs.need(case, domain, viewer=viewer())
    if need is None:
        raise NotVisible
    return need


def _page(case):
    rows = plan_needs.needs(case, viewer=viewer())
    return frame(
        case,
        rows=rows,
        edits=rules.may(viewer(), Do.EDIT_PLAN, case),
        unserved=[row for row in rows if row.unserved],
        pages=record.places(case, "plan.needs"),
    )


def _form(case, need, form):
    return frame(case, form, need=need, level=4 if wants_fragment() else 2)
