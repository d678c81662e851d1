"""Unusual reading: the list, one finding, and what is done about it."""

from flask import request, url_for

from caseapp import clock, dates, ids
from caseapp.blueprints.privacy import bp
from caseapp.blueprints.privacy.forms import CloseForm, NoteForm, ReopenForm
from caseapp.blueprints.privacy.lists import FINDINGS, id_of
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.privacy import find_finding
from caseapp.queries import audit_search, saved_views
from caseapp.queries import findings as reads
from caseapp.queries.findings import Wanted
from caseapp.services import findings as service
from caseapp.services.unusual_rules import RULES
from caseapp.vocabulary import FindingOutcome
from caseapp.web import lists
from caseapp.web.access import allowed, on_finding
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

HEADINGS = ("Found", "Kind", "Who", "Agency", "Day", "Why", "Records", "Closed", "What came of it")
SENTENCES = {rule.kind: rule.sentence for rule in RULES}


def _state(args):
    served = audit_search.agencies(viewer=viewer())
    staff = audit_search.staff(viewer=viewer())
    state = FINDINGS.read(
        args,
        agency=(("", "All"), *((ids.written(one.id), one.name) for one in served)),
        staff=(("", "Everybody"), *((ids.written(one), name) for one, name in staff)),
    )
    return state, len(served) == 1


def _wanted(state):
    return Wanted(
        state["state"],
        state["kind"],
        id_of(state["staff"]),
        id_of(state["agency"]),
        state["outcome"],
        state.order,
        state.descending,
    )


@bp.get("/findings")
@allowed(Do.LOOK_AFTER_PRIVACY)
def findings():
    who = viewer()
    state, one_agency = _state(request.args)
    wanted = _wanted(state)
    total = reads.total(wanted, viewer=who)
    return page(
        "privacy/findings.html",
        state=state,
        rows=reads.rows(wanted, viewer=who, offset=state.offset, limit=FINDINGS.per_page),
        pager=state.page(total, total >= reads.COUNTED_MOST),
        views=saved_views.of_list(FINDINGS.name, viewer=who),
        one_agency=one_agency,
    )


@bp.get("/findings.csv")
@allowed(Do.LOOK_AFTER_PRIVACY)
@proven
def findings_csv():
    state, _ = _state(request.args)
    rows = reads.rows(_wanted(state), viewer=viewer(), limit=lists.EXPORT_MOST + 1)
    return lists.csv_answer(
        "unusual-reading",
        "findings of unusual reading",
        HEADINGS,
        [
            (
                clock.local(one.found_at),
                one.kind.label,
                one.who,
                one.agency,
                one.day,
                one.why,
                one.count,
                clock.local(one.closed_at) if one.closed_at else "",
                one.outcome.label if one.outcome else "",
            )
            for one in rows
        ],
        (),
    )


def _around(finding):
    shown = reads.show(finding, viewer=viewer())
    return {
        "finding": finding,
        "shown": shown,
        "sentence": SENTENCES[finding.kind],
        "may_close": rules.may(viewer(), Do.CLOSE_FINDING, finding),
        "may_reopen": rules.may(viewer(), Do.REOPEN_FINDING, finding),
        "entries_url": url_for(
            "privacy.record",
            staff=ids.written(finding.user_id),
            since=clock.local_day(shown.from_at).isoformat(),
            until=clock.local_day(shown.to_at).isoformat(),
        ),
        "detail": _detail(shown.detail),
        "breach": FindingOutcome.BREACH,
    }


#: What the numbers behind a finding are called.
_DETAIL = {
    "usual": "Usual in a day, over four weeks",
    "least": "Least in a day that counts",
    "least_in_an_hour": "Least in an hour that counts",
    "times": "Times the usual",
    "from": "The day’s work begins at",
    "until": "The day’s work ends at",
    "limit": "The limit within ten minutes",
    "minutes": "Minutes without records",
}


def _detail(detail):
    found = [
        (label, detail[key]) for key, label in _DETAIL.items() if isinstance(detail.get(key), int | float)
    ]
    return [(label, f"{value}:00" if label.startswith("The day’s") else value) for label, value in found]


def _forms(finding, **given):
    blank = {
        "note_form": NoteForm(formdata=None, prefix="note-"),
        "close_form": CloseForm(formdata=None, prefix="close-", version=str(finding.version)),
        "reopen_form": ReopenForm(formdata=None, prefix="reopen-", version=str(finding.version)),
    }
    return blank | given


@bp.get("/findings/<id:finding_id>")
@on_finding(Do.SEE_FINDING, "finding: opened")
def finding(finding):
    return page("privacy/finding.html", **_forms(finding), **_around(finding))


def _refused(finding, form, name):
    """The page again with the form's errors; with the version that stands now, so that a second try may go through."""
    finding = find_finding(viewer(), finding.id) or finding
    if form.stale:
        form.version.data = str(finding.version)
        who, at = form.stale.by or "Somebody", dates.since_today(form.stale.at)
        when = f" ({at})" if at else ""
        form.reject(f"{who} was quicker{when}: the finding has changed. Look at its history.")
    return refused("privacy/finding.html", form=form, **_forms(finding, **{name: form}), **_around(finding))


@bp.post("/findings/<id:finding_id>/note")
@on_finding(Do.NOTE_FINDING)
def note_finding(finding):
    form = NoteForm(prefix="note-")
    if form.validate_on_submit() and form.accepts(
        service.note, finding, actor=viewer(), at=clock.now(), text=form.text.data
    ):
        return saved(_url(finding), say="Noted.")
    return _refused(finding, form, "note_form")


@bp.post("/findings/<id:finding_id>/close")
@on_finding(Do.CLOSE_FINDING)
def close_finding(finding):
    form = CloseForm(prefix="close-")
    if form.validate_on_submit() and form.accepts(
        service.close,
        finding,
        actor=viewer(),
        at=clock.now(),
        outcome=FindingOutcome(form.outcome.data),
        text=form.text.data,
        version=form.seen_version,
    ):
        return saved(_url(finding), say="Closed. Its history is kept.")
    return _refused(finding, form, "close_form")


@bp.post("/findings/<id:finding_id>/reopen")
@on_finding(Do.REOPEN_FINDING)
def reopen_finding(finding):
    form = ReopenForm(prefix="reopen-")
    if form.validate_on_submit() and form.accepts(
        service.reopen,
        finding,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
        version=form.seen_version,
    ):
        return saved(_url(finding), say="Open again.")
    return _refused(finding, form, "reopen_form")


def _url(finding):
    return url_for("privacy.finding", finding_id=finding.id)
