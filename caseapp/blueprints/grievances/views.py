"""Grievances: the list of both kinds, each with its own page and its own rights."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.grievances import bp
from caseapp.blueprints.grievances.forms import BetweenForm, LookForm, PersonForm, SaysForm, TalkForm
from caseapp.blueprints.grievances.lists import BETWEEN, OF_PERSONS
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import grievances as reads
from caseapp.queries import saved_views
from caseapp.queries.plan_text import first_name
from caseapp.services import grievances, person_grievances
from caseapp.web import lists
from caseapp.web.access import allowed, on_case, on_person_grievance, on_provider_grievance
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

BETWEEN_COLUMNS = (
    "What it is about",
    "Raised by",
    "About",
    "Happened on",
    "Written down",
    "Stands",
    "Talked on",
    "What happened",
    "Wanted",
)
PERSON_COLUMNS = (
    "Person",
    "About",
    "Received on",
    "Answer by",
    "Late",
    "Stands",
    "Looked into by",
    "In their own words",
    "Wanted",
)


def _places(current):
    """The two lists, each with how many go on."""
    going, me = reads.Wanted(state="open"), viewer()
    return [
        (url_for("grievances.index"), "Between agencies", reads.count_between(going, viewer=me), not current),
        (url_for("grievances.persons"), "Persons’ own", reads.count_of_persons(going, viewer=me), current),
    ]


def _asked(state, count, rows):
    """The pager and the rows of what an address asks for."""
    wanted, me = reads.Wanted(**state.values), viewer()
    pager = state.page(count(wanted, viewer=me))
    offset = (pager.number - 1) * state.spec.per_page
    found = rows(
        wanted,
        viewer=me,
        order=state.order,
        descending=state.descending,
        offset=offset,
        limit=state.spec.per_page,
    )
    return {"state": state, "pager": pager, "rows": found}


def _all(state, rows):
    wanted = reads.Wanted(**state.values)
    more = {"order": state.order, "descending": state.descending, "limit": lists.EXPORT_MOST + 1}
    return rows(wanted, viewer=viewer(), **more)


@bp.get("/grievances")
@allowed(Do.SEE_GRIEVANCES)
def index():
    asked = _asked(BETWEEN.read(request.args), reads.count_between, reads.between)
    return page("grievances/index.html", places=_places(False), views=_views(BETWEEN), **asked)


@bp.get("/grievances/persons")
@allowed(Do.SEE_GRIEVANCES)
def persons():
    asked = _asked(OF_PERSONS.read(request.args), reads.count_of_persons, reads.of_persons)
    lists.note_listed("persons’ own grievances", [row.case_id for row in asked["rows"]])
    return page("grievances/persons.html", places=_places(True), views=_views(OF_PERSONS), **asked)


def _views(spec):
    return saved_views.of_list(spec.name, viewer=viewer())


@bp.get("/grievances.csv")
@allowed(Do.SEE_GRIEVANCES)
@proven
def export():
    rows = [
        (
            one.title,
            one.agency,
            one.about,
            one.happened_on,
            clock.local_day(one.raised_at),
            one.stage.label,
            one.talked_on,
            one.what,
            one.wanted,
        )
        for one in _all(BETWEEN.read(request.args), reads.between)
    ]
    return lists.csv_answer(
        "grievances-between-agencies", "grievances between agencies", BETWEEN_COLUMNS, rows, []
    )


@bp.get("/grievances/persons.csv")
@allowed(Do.SEE_GRIEVANCES)
@proven
def export_persons():
    found = _all(OF_PERSONS.read(request.args), reads.of_persons)
    rows = [
        (
            one.person,
            one.agency,
            one.received_on,
            one.due_on,
            "yes" if one.late else "",
            one.stage.label,
            one.handler,
            one.words,
            one.wanted,
        )
        for one in found
    ]
    cases = [one.case_id for one in found]
    return lists.csv_answer("grievances-of-persons", "persons’ own grievances", PERSON_COLUMNS, rows, cases)


# --- between agencies --------------------------------------------------------------------------------------------


@bp.get("/grievances/between/new")
@allowed(Do.SEE_GRIEVANCES)
def new_between():
    form = BetweenForm(formdata=None, data={"happened_on": clock.today()})
    form.about_agency_id.offer(reads.other_agencies(viewer=viewer()))
    return page("grievances/new_between.html", form=form)


@bp.post("/grievances/between/new")
@allowed(Do.SEE_GRIEVANCES)
def create_between():
    form = BetweenForm()
    form.about_agency_id.offer(reads.other_agencies(viewer=viewer()))
    if form.validate_on_submit() and form.accepts(
        grievances.raise_grievance,
        actor=viewer(),
        at=clock.now(),
        about_agency_id=form.about_agency_id.data,
        title=form.title.data,
        what=form.what.data,
        wanted=form.wanted.data,
        happened_on=form.happened_on.data,
    ):
        return saved(
            url_for("grievances.between", grievance_id=form.result_id),
            say="Written down. The line managers of both agencies have been told.",
        )
    return refused("grievances/new_between.html", form=form)


def _between(grievance, form=None):
    one = reads.one_between(grievance.id, viewer=viewer()) or abort(404)
    answers = rules.may(viewer(), Do.ANSWER_PROVIDER_GRIEVANCE, grievance)
    ends = rules.may(viewer(), Do.END_PROVIDER_GRIEVANCE, grievance)
    if form is None and answers:
        form = TalkForm(formdata=None, data={"version": str(one.version), "on": clock.today()})
    if form is not None and not ends:
        form.step.choices = {key: form.step.choices[key] for key in ("talked", "answer")}
    return {"one": one, "form": form, "gap": None}


@bp.get("/grievances/between/<id:grievance_id>")
@on_provider_grievance(Do.VIEW_PROVIDER_GRIEVANCE, "a grievance between agencies")
def between(grievance):
    return page("grievances/between.html", **_between(grievance))


@bp.post("/grievances/between/<id:grievance_id>")
@on_provider_grievance(Do.ANSWER_PROVIDER_GRIEVANCE, "a grievance between agencies, to answer it")
def answer_between(grievance):
    form = TalkForm()
    given = {"actor": viewer(), "at": clock.now(), "version": form.seen_version, "text": form.text.data}
    if form.validate_on_submit():
        step = form.step.data
        if step == "talked":
            done = form.accepts(grievances.talked, grievance, on=form.on.data, **given)
        elif step == "answer":
            done = form.accepts(grievances.answer, grievance, **given)
        elif step == "procedure":
            done = form.accepts(grievances.to_procedure, grievance, **given)
        else:
            done = form.accepts(grievances.end, grievance, how=step, **given)
        if done:
            return saved(
                url_for("grievances.between", grievance_id=grievance.id),
                say="Written down. The managers of both agencies have been told.",
            )
    form.catch_up()
    return refused("grievances/between.html", **_between(grievance, form))


# --- a person's own ----------------------------------------------------------------------------------------------


def _offer(form, case):
    form.agency_id.offer(reads.agencies_of(case, viewer=viewer()))
    form.about_user_id.offer(reads.own_workers(viewer=viewer()))
    return form


@bp.get("/cases/<ref:reference>/grievances/new")
@on_case(Do.RAISE_PERSON_GRIEVANCE, "a grievance, to write it down")
def new_of_person(case):
    form = _offer(PersonForm(formdata=None, data={"received_on": clock.today()}), case)
    return page("grievances/new_person.html", form=form, case=case, name=first_name(case, viewer=viewer()))


@bp.post("/cases/<ref:reference>/grievances/new")
@on_case(Do.RAISE_PERSON_GRIEVANCE, "a grievance, to write it down")
def create_of_person(case):
    form = _offer(PersonForm(), case)
    names = ("agency_id", "about_user_id", "words", "wanted", "answer_how", "helper", "received_on")
    if form.validate_on_submit() and form.accepts(
        person_grievances.receive,
        case,
        actor=viewer(),
        at=clock.now(),
        **{name: form[name].data for name in names},
    ):
        return saved(
            url_for("grievances.persons"), say="Written down. A line manager of that agency looks into it."
        )
    return refused("grievances/new_person.html", form=form, case=case, name=first_name(case, viewer=viewer()))


def _person(grievance, **forms):
    one = reads.one_of_person(grievance.id, viewer=viewer()) or abort(404)
    version = {"version": str(one.version)}
    who = viewer()
    drawn = {"look": None, "says": None}
    if rules.may(who, Do.ANSWER_PERSON_GRIEVANCE, grievance):
        drawn["look"] = LookForm(formdata=None, data=version, prefix="look-")
    if rules.may(who, Do.SPEAK_FOR_GRIEVANCE, grievance):
        drawn["says"] = SaysForm(formdata=None, data=version, prefix="says-")
    return {"one": one, "grievance": grievance} | drawn | forms


@bp.get("/grievances/persons/<id:grievance_id>")
@on_person_grievance(Do.VIEW_PERSON_GRIEVANCE, "a person’s grievance")
def of_person(grievance):
    return page("grievances/person.html", **_person(grievance))


@bp.post("/grievances/persons/<id:grievance_id>/answer")
@on_person_grievance(Do.ANSWER_PERSON_GRIEVANCE, "a person’s grievance, to answer it")
def answer_of_person(grievance):
    form = LookForm(prefix="look-")
    if form.validate_on_submit() and form.accepts(
        person_grievances.answer,
        grievance,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        text=form.text.data,
        person_told_on=form.person_told_on.data,
    ):
        return saved(url_for("grievances.of_person", grievance_id=grievance.id), say="Written down.")
    form.catch_up()
    return refused("grievances/person.html", form=form, **_person(grievance, look=form))


@bp.post("/grievances/persons/<id:grievance_id>/says")
@on_person_grievance(Do.SPEAK_FOR_GRIEVANCE, "a person’s grievance, to say what they say")
def person_says(grievance):
    form = SaysForm(prefix="says-")
    if form.validate_on_submit() and form.accepts(
        person_grievances.speak,
        grievance,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        how=form.how.data,
        text=form.text.data,
    ):
        return saved(url_for("grievances.of_person", grievance_id=grievance.id), say="Written down.")
    form.catch_up()
    return refused("grievances/person.html", form=form, **_person(grievance, says=form))
