"""Reading the plan: the whole (screen 03), one agency's part (screen 04), and as another agency sees it (04b)."""

from flask import redirect, request, url_for

from caseapp import dates, ids
from caseapp.blueprints.plan import bp, places
from caseapp.blueprints.plan.forms.issues import IssueForm
from caseapp.errors import NotVisible
from caseapp.policy import rules, scopes
from caseapp.policy.do import Do
from caseapp.queries import meeting_triggers, meetings, plan_page, plan_part
from caseapp.web import record
from caseapp.web.access import on_case
from caseapp.web.answers import page
from caseapp.web.navigation import reach
from caseapp.web.sessions import viewer


def actions_base(case) -> str:
    """The address of the case's actions; a row adds its own id."""
    return reach("plan.edit_action", reference=case.reference, action_id=1)[:-1]


@bp.get("/cases/<ref:reference>/plan")
@on_case(Do.VIEW_PLAN, reads="the plan")
def show(case):
    if not case.sees_whole_plan:
        return page("plan/part.html", **part_context(case))
    return page("plan/show.html", **whole_context(case, viewer()))


def whole_context(case, who, quiet=False):
    """What plan/show.html and, in it, plan/_whole.html need. `who` reads: the viewer, or the one seen as."""
    show_ = request.args.get("show") if request.args.get("show") in plan_page.SHOWS else "all"
    group = request.args.get("group") if request.args.get("group") in plan_page.GROUPS else "goal"
    plan = plan_page.plan(case, viewer=who, show=show_, group=group, quiet=quiet)
    here = reach("plan.show", reference=case.reference)
    edits = not quiet and rules.may(who, Do.EDIT_PLAN, case)
    context = {
        "case": case,
        "plan": plan,
        "head": plan.head,
        "quiet": quiet,
        "wide": True,
        "base": actions_base(case),
        "edits": edits,
        "show": show_,
        "group": group,
        "filters": [] if quiet else _filters(here, plan.counts, show_, group),
        "groupings": [] if quiet else _groupings(here, show_, group),
        "all_url": _url(here, "all", group),
        "home": _home(case),
        "facts": _whole_facts(case, plan.head, who),
        "new_action": places.mend_url(case, "new_action") if edits else "",
        "first_goal": places.mend_url(case, "need") if edits else "",
    }
    if not case.sees_all:
        return context | {"meetings": [] if quiet else meetings.next_of(case, viewer=who)}
    return context | {
        "todo": [
            (f.text, f"#{f.anchor}" if f.anchor else places.mend_url(case, f.mend, f.key))
            for f in plan.faults
        ],
        "mends": {kind: places.mend_url(case, kind) for kind in ("consent", "contingency", "review")},
        "mend_at": {kind: places.around(case, kind) for kind in ("action", "talk", "remind", "goal")},
        "see_as": reach("plan.see_as", reference=case.reference, agency_id=1)[:-1],
        "agree_url": edits and reach("plan.agree", reference=case.reference),
        "pages": record.places(case, "plan.show", plan.issues_open),
        "versions": _versions(case, plan),
        **_meetings(case, who, quiet),
        "timeline_url": reach("cases.timeline", reference=case.reference),
        "audit_url": rules.may(who, Do.VIEW_AUDIT, case) and reach("cases.audit", reference=case.reference),
    }


def _meetings(case, who, quiet):
    """Whether a meeting is called for, and the next one, in one statement."""
    calling = None if quiet else meeting_triggers.calling(case, viewer=who)
    return {"calling": calling, "meetings": [calling.next] if calling and calling.next else []}


def _home(case):
    """The list from which the reader came."""
    if case.assigned:
        return "My caseload", reach("home.caseload")
    if case.sees_all:
        return "My team", reach("home.team")
    return "Our actions", reach("home.our_actions")


def _url(here, show_, group):
    words = [
        f"{k}={v}" for k, v, default in (("show", show_, "all"), ("group", group, "goal")) if v != default
    ]
    return f"{here}?{'&'.join(words)}" if words else here


def _filters(here, counts, show_, group):
    labels = (("all", "All"), ("late", "Late"), ("unanswered", "Unanswered"), ("mine", "Mine"))
    return [
        (f"{label} {getattr(counts, key)}", _url(here, key, group), key == show_) for key, label in labels
    ]


def _groupings(here, show_, group):
    labels = (("goal", "By goal"), ("agency", "By agency"))
    return [(label, _url(here, show_, key), key == group) for key, label in labels]


def _whole_facts(case, head, who):
    you = " (you)" if head.cm_id and head.cm_id == who.user_id else ""
    cm = f"{head.cm_name}{you}" if head.cm_name else "Nobody at present"
    if not case.sees_all:
        return [
            ("Case manager", cm, head.cm_phone or head.lead_phone),
            ("Lead agency", head.lead_agency, head.cm_hours),
            ("Agreed version", *_agreed(head, "")),
            ("Next review", *_review(head)),
        ]
    reach = " · ".join(part for part in (head.cm_phone, f"manager {head.manager_name}") if part)
    promise = (
        f"Six-month promise until {dates.full_day(head.commitment_ends_on)}"
        if head.commitment_ends_on
        else ""
    )
    who_agreed = [head.first_name] if head.agreed_by_person else []
    if head.agencies_asked:
        who_agreed.append(f"{head.agencies_agreed} of {head.agencies_asked} agencies")
    return [
        ("Case manager", cm, reach),
        ("Lead agency", head.lead_agency, promise),
        ("Agreed version", *_agreed(head, f"By {' and '.join(who_agreed)}" if who_agreed else "")),
        ("Next review", *_review(head)),
    ]


def _agreed(head, by):
    if not head.agreed_version:
        return "Not agreed yet", head.plan_status.label if head.plan_status else ""
    return f"Version {head.agreed_version}, {dates.full_day(head.agreed_on)}", by


def _review(head):
    return (dates.long_day(head.next_review_on) or "No day set", head.review_words)


def _versions(case, plan):
    compare = reach("plan.versions", reference=case.reference)
    return {"all": compare, "rows": plan.versions}


def part_context(case, who=None, of=None):
    """What plan/part.html and, in it, plan/_part.html need: the reader's own part, or that of `who` seen from outside
    (`of`: the file of the case as they may know it)."""
    quiet = who is not None
    who, file = who or viewer(), of or case
    part = plan_part.part(file, viewer=who, quiet=quiet)
    raises = not quiet and rules.may(who, Do.RAISE_ISSUE, file)
    context = {
        "case": file,
        "part": part,
        "head": part.head,
        "quiet": quiet,
        "wide": False,
        "base": actions_base(file),
        "home": _home(file),
        "facts": _part_facts(part),
        "meetings": [] if quiet else meetings.next_of(file, viewer=who),
        "colleague": file.lead_agency_id == who.agency_id,
        "consent_url": "" if quiet else reach("consent.own", reference=file.reference),
        "agree_url": not quiet
        and rules.may(who, Do.AGREE_PART, file)
        and reach("plan.agree_part", reference=file.reference),
    }
    if raises:
        context["form"] = IssueForm([row.raw for goal in part.goals for row in goal.rows])
    return context


def _part_facts(part):
    head = part.head
    first, *more = part.workers or ["Nobody named yet"]
    return [
        ("Case manager", head.cm_name or "Nobody at present", head.lead_agency),
        ("How to reach them", head.cm_phone or head.lead_phone or "No number given", head.cm_hours),
        ("Your worker", first, f"and {', '.join(more)}" if more else ""),
        ("Next review", *_review(head)),
    ]


@bp.get("/cases/<ref:reference>/see-as")
@on_case(Do.SEE_AS, reads="the plan as another agency sees it")
def choose_sight(case):
    """Where the select leads: to an agency's view, the person's own copy, or back to one's own."""
    wanted = request.args.get("agency", "")
    if wanted == "person":
        return redirect(url_for("plan.print_person", reference=case.reference), 303)
    try:
        agency_id = ids.read(wanted)
    except ValueError:
        return redirect(url_for("plan.show", reference=case.reference), 303)
    return redirect(url_for("plan.see_as", reference=case.reference, agency_id=agency_id), 303)


@bp.get("/cases/<ref:reference>/see-as/<id:agency_id>")
@on_case(Do.SEE_AS, reads="the plan as another agency sees it")
def see_as(case, agency_id):
    who = plan_part.as_agency(agency_id)
    if who is None:
        raise NotVisible
    file = scopes.find_case(who, case.reference)
    more = {"agency": who.agency_name, "back": url_for("plan.show", reference=case.reference)}
    if file is None:
        return page("plan/see_as.html", case=case, plan=None, part=None, quiet=True, **more)
    if file.sees_whole_plan:
        return page("plan/see_as.html", part=None, **whole_context(file, who, quiet=True), **more)
    return page("plan/see_as.html", plan=None, **part_context(case, who, file), **more)
