"""Several gaps and blocks at once: what was ticked in the list, and what is to be done with it."""

from flask import abort, request, url_for

from caseapp import clock
from caseapp.blueprints.triage import bp
from caseapp.blueprints.triage.forms import AgendaForm, JoinForm, ReplyForm, ThemeForm
from caseapp.blueprints.triage.lists import TRIAGE
from caseapp.policy.do import Do
from caseapp.queries import need_domains, register, triage, triage_agenda, triage_options
from caseapp.services import register as keeping
from caseapp.services import triage as services
from caseapp.vocabulary import GapScope
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.sessions import viewer

#: what can be done → (heading, form, button)
WAYS = {
    "theme": ("Give a theme", ThemeForm, "Give this theme"),
    "join": ("Join as one", JoinForm, "Join them in the register"),
    "agenda": ("Put on the group’s agenda", AgendaForm, "Put on the agenda"),
    "reply": ("Reply to all who raised them", ReplyForm, "Send the reply"),
}


def _offer(form, rows):
    me = viewer()
    form.show(rows)
    if isinstance(form, ThemeForm):
        form.theme.offer(triage_options.themes(), "Choose a theme")
    elif isinstance(form, JoinForm):
        form.entry.offer(register.choices(), "A new entry")
        if not form.is_submitted() and rows:
            form.title.data = rows[0].title
    elif isinstance(form, AgendaForm):
        today = clock.today()
        ahead = [
            (one.id, f"{one.area}, {one.held_on.day} {one.held_on:%b %Y}, {one.items} on it")
            for one in triage_agenda.sittings(viewer=me)
            if one.open and one.held_on >= today
        ]
        form.sitting.offer(ahead, "A new agenda")
        areas = triage_options.areas(viewer=me)
        form.area.offer(areas, None if len(areas) == 1 else "Choose an area")
        if not form.is_submitted() and rows:
            form.area.data = rows[0].area_id


def _around(way, form, rows):
    heading, _, button = WAYS[way]
    return {
        "way": way,
        "heading": heading,
        "button": button,
        "rows": rows,
        "form": form,
        "list_url": _list_url(form.back.data),
    }


def _list_url(query):
    query = TRIAGE.known(query or "")
    return f"{url_for('triage.index')}?{query}" if query else url_for("triage.index")


@bp.get("/triage/together")
@allowed(Do.TRIAGE_GAPS)
def together():
    way = request.args.get("do", "")
    if way not in WAYS:
        abort(404)
    wanted = [found for text in request.args.getlist("gap") if (found := number(text)) is not None]
    rows = triage.chosen(wanted[: services.MOST], viewer=viewer(), domains=need_domains.labels())
    form = WAYS[way][1](formdata=None, back=TRIAGE.known(request.args.get("back", "")))
    _offer(form, rows)
    return page("triage/together.html", **_around(way, form, rows))


def _do(way, accepts, then):
    """Run one of the four. `accepts` runs its use case with what the form says; `then` gives the page to go on to and
    what was done, as a sentence."""
    form = WAYS[way][1]()
    rows = triage.chosen(form.gap_ids[: services.MOST], viewer=viewer(), domains=need_domains.labels())
    _offer(form, rows)
    if form.validate_on_submit() and accepts(form, {"actor": viewer(), "at": clock.now()}):
        count = len(form.gap_ids)
        url, say = then(form, "One is" if count == 1 else f"{count} are")
        return saved(url, say=say)
    return refused("triage/together.html", **_around(way, form, rows))


@bp.post("/triage/theme")
@allowed(Do.TRIAGE_GAPS)
def give_theme():
    return _do(
        "theme",
        lambda form, by: form.accepts(
            services.give_theme,
            form.gap_ids,
            theme_id=form.theme.data,
            new_theme=form.new_theme.data,
            scope=GapScope(form.scope.data) if form.scope.data else None,
            **by,
        ),
        lambda form, said: (
            _list_url(form.back.data),
            f"{said} given the theme. It stands in the log of each.",
        ),
    )


@bp.post("/triage/join")
@allowed(Do.TRIAGE_GAPS)
def join():
    return _do(
        "join",
        lambda form, by: form.accepts(
            keeping.join,
            form.gap_ids,
            entry_id=form.entry.data,
            title=form.title.data,
            as_one=form.one.data,
            **by,
        ),
        lambda form, said: (
            url_for("triage.register_entry", entry_id=form.result_id),
            f"{said} joined in the register.",
        ),
    )


@bp.post("/triage/agenda")
@allowed(Do.TRIAGE_GAPS)
def put_on_agenda():
    return _do(
        "agenda",
        lambda form, by: form.accepts(
            services.put_on_agenda,
            form.gap_ids,
            sitting_id=form.sitting.data,
            area_id=form.area.data,
            held_on=form.held_on.data,
            place=form.place.data,
            **by,
        ),
        lambda form, said: (
            url_for("triage.sitting", sitting_id=form.result_id),
            f"{said} put on the agenda.",
        ),
    )


@bp.post("/triage/reply")
@allowed(Do.TRIAGE_GAPS)
def reply():
    return _do(
        "reply",
        lambda form, by: form.accepts(services.reply, form.gap_ids, text=form.text.data, **by),
        lambda form, said: (
            _list_url(form.back.data),
            f"Sent. {said} answered, and everybody who raised one is told.",
        ),
    )
