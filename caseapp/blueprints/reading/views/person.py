"""One of the own staff: what is asked, what was read, for supervision and CPD; waiving a chapter and asking again."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.reading import bp
from caseapp.blueprints.reading.forms import WaiverForm
from caseapp.policy.do import Do
from caseapp.queries import reading_person
from caseapp.services import reading_waivers
from caseapp.vocabulary import ReadingPurpose
from caseapp.web.access import on_reader
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.lists import Choice, ListSpec
from caseapp.web.sessions import viewer

ENTRIES = ListSpec(
    name="reading_person",
    title="What was read",
    endpoint="reading.person",
    act=Do.SEE_READING,
    filters=(Choice("purpose", "Read for", (("", "Everything"), *ReadingPurpose.choices()), in_bar=False),),
    columns=(),
    order="at",
    saved=False,
)


@bp.get("/staff/<id:user_id>")
@on_reader(Do.SEE_STAFF_READING, "what was read")
def person(reader):
    state = ENTRIES.read(request.args, {"user_id": reader.id})
    standings = reading_person.standings(reader, viewer=viewer())
    entries, total = reading_person.entries(
        reader, viewer=viewer(), purpose=state["purpose"], offset=state.offset, limit=ENTRIES.per_page
    )
    return page(
        "reading/person.html",
        reader=reader,
        standings=standings,
        figures=reading_person.figures(standings),
        entries=entries,
        total=total,
        state=state,
        pager=state.page(total),
        purposes=(("", "Everything"), *ReadingPurpose.choices()),
    )


def _standing(reader, chapter_id):
    found = reading_person.one_standing(reader, chapter_id, viewer=viewer())
    if found is None or found.asked_on is None:
        abort(404)
    return found


@bp.get("/staff/<id:user_id>/chapters/<id:chapter_id>/waiver")
@on_reader(Do.WAIVE_READING)
def ask_waiver(reader, chapter_id):
    return page(
        "reading/waive.html",
        form=WaiverForm(formdata=None),
        reader=reader,
        standing=_standing(reader, chapter_id),
    )


@bp.post("/staff/<id:user_id>/chapters/<id:chapter_id>/waiver")
@on_reader(Do.WAIVE_READING)
def waive(reader, chapter_id):
    standing = _standing(reader, chapter_id)
    form = WaiverForm()
    if form.validate_on_submit() and form.accepts(
        reading_waivers.waive,
        reader,
        chapter_id,
        actor=viewer(),
        at=clock.now(),
        reason=form.reason.data,
    ):
        return saved(
            url_for("reading.person", user_id=reader.id),
            say=f"{reader.name} is not asked for chapter {standing.number} any more.",
        )
    return refused("reading/waive.html", form=form, reader=reader, standing=standing)


@bp.post("/staff/<id:user_id>/chapters/<id:chapter_id>/waiver/lift")
@on_reader(Do.WAIVE_READING)
def lift_waiver(reader, chapter_id):
    standing = _standing(reader, chapter_id)
    form = Form()
    if form.validate_on_submit() and form.accepts(
        reading_waivers.lift, reader, chapter_id, actor=viewer(), at=clock.now()
    ):
        say = f"{reader.name} is asked for chapter {standing.number} again."
    else:
        say = "; ".join(form.form_errors) or "Nothing was changed."
    return saved(url_for("reading.person", user_id=reader.id), say=say)
