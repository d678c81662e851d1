"""Asking for chapters to be read: the form, then a look at who is asked, and only then the asking."""

from datetime import timedelta

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.forms import AssignForm
from caseapp.errors import NotAllowed, RuleBroken
from caseapp.policy import reading as policy
from caseapp.policy.do import Do
from caseapp.queries import reading_asked
from caseapp.queries.reading_meant import touched
from caseapp.services import reading_assign
from caseapp.vocabulary import ReadingPurpose, ReadingTarget
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.sessions import viewer

#: Calendar days that are offered for reading.
OFFERED = 14


def _form(**kwargs) -> AssignForm:
    form = AssignForm(**kwargs)
    form.offer(viewer(), asks_all=policy.asks_all(viewer()))
    return form


@bp.get("/assign")
@allowed(Do.ASSIGN_READING)
def assign():
    asks_all = policy.asks_all(viewer())
    form = _form(
        formdata=None,
        target=(ReadingTarget.AGENCY if asks_all else ReadingTarget.TEAM).value,
        purpose=ReadingPurpose.OTHER.value,
        due_on=clock.today() + timedelta(days=OFFERED),
        due_days="28",
    )
    # from a person's record or a chapter: already chosen
    if (person := number(request.args.get("person"))) and str(person) in form.person.choices:
        form.target.data, form.person.data = ReadingTarget.PERSON.value, person
    if (chapter := number(request.args.get("chapter"))) and str(chapter) in form.chapters.choices:
        form.chapters.data = [str(chapter)]
    if (set_id := number(request.args.get("set"))) and str(set_id) in form.set_id.choices:
        form.set_id.data = set_id
    return page("reading/assign.html", form=form, asks_all=asks_all)


@bp.post("/assign", endpoint="do_assign")
@allowed(Do.ASSIGN_READING)
def do_assign():
    form = _form()
    asks_all = policy.asks_all(viewer())
    if form.step.data == "change":
        form.step.data = ""
        return page("reading/assign.html", form=form, asks_all=asks_all)
    target = form.meant(viewer())
    if not form.validate_on_submit() or target is None:
        if target is None:
            form.reject("Choose who reads it", "target")
        return refused("reading/assign.html", form=form, asks_all=asks_all)
    values = {
        "chapter_ids": form.chapter_ids,
        "set_id": form.set_id.data,
        "due_on": form.due_on.data,
        "reason": form.reason.data,
        "purpose": form.why_read,
        "due_days": form.days_later,
    }
    if form.step.data == "ask":
        if form.accepts(reading_assign.assign, target, actor=viewer(), at=clock.now(), **values):
            return saved(
                url_for("reading.index" if viewer().manages else "reading.asked"),
                say="Asked. Everybody who has something to read finds it under Procedures and in their news.",
            )
        return refused("reading/assign.html", form=form, asks_all=asks_all)
    try:
        chapters = reading_assign.judge(target, actor=viewer(), at=clock.now(), **values)
    except RuleBroken as broken:
        form.reject(str(broken), broken.field)
        return refused("reading/assign.html", form=form, asks_all=asks_all)
    except NotAllowed:
        form.reject("You can ask your own staff. Others are asked by your agency’s administrator", "target")
        return refused("reading/assign.html", form=form, asks_all=asks_all)
    words = dict(reading_asked.chapters(viewer=viewer()))
    return page(
        "reading/assign_look.html",
        form=form,
        whom=_whom(form, target),
        touched=touched(target, chapters, viewer=viewer()),
        chapters=[words.get(one, "") for one in chapters],
    )


def _whom(form, target):
    if target.kind is ReadingTarget.TEAM and target.user_id == viewer().user_id:
        return "All of your staff"
    chosen = dict(form.team.choices | form.person.choices).get(str(target.user_id))
    return reading_asked.whom(
        target.kind, target.role, target.profession, chosen and chosen.removeprefix("The team of ")
    )
