"""Disclosures that were made: the list of the team, or the own ones; and each in full, after the password."""

from flask import request

from caseapp import clock
from caseapp.blueprints.restricted import bp
from caseapp.blueprints.restricted.forms import SeenForm, TellForm, WithholdForm
from caseapp.policy import rules
from caseapp.policy.disclosures import DisclosureFile
from caseapp.policy.do import Do
from caseapp.policy.restricted import DISCLOSURE, SECTION
from caseapp.queries import disclosures_made as reads
from caseapp.queries.disclosures_made import Wanted
from caseapp.vocabulary import AuditAct
from caseapp.web import lists
from caseapp.web.access import allowed, note_reading, on_disclosure
from caseapp.web.answers import page
from caseapp.web.choices import number
from caseapp.web.lists import EXPORT_MOST, Choice, Column, ListSpec
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

LIST = ListSpec(
    name="disclosures",
    title="Disclosures",
    endpoint="restricted.disclosures",
    act=Do.SEE_DISCLOSURES,
    filters=(
        Choice(
            "state",
            "Show",
            (("", "All"), ("waiting", "To be acknowledged"), ("look_again", "To be looked at again")),
        ),
        Choice("author", "Recorded by", (("", "Everybody"),)),
    ),
    columns=(
        Column("when", "When", sort=True, descending_first=True),
        Column("person", "Person"),
        Column("recipient", "Told to"),
        Column("ground", "On what ground"),
        Column("who", "Recorded by", sort=True),
        Column("seen", "Line manager", sort=True),
    ),
    order="-when",
    saved=False,
)


def _state():
    names = [("", "Everybody"), *((str(one), name) for one, name in reads.authors(viewer=viewer()))]
    return LIST.read(request.args, author=tuple(names))


def _wanted(state, apart=True):
    return Wanted(
        state=state["state"],
        author_id=number(state["author"]),
        order=state.order,
        descending=state.descending,
        apart=apart,
    )


@bp.get("/disclosures")
@allowed(Do.SEE_DISCLOSURES)
def disclosures():
    state, me = _state(), viewer()
    size = state.spec.per_page
    rows, total = reads.team(_wanted(state), viewer=me, limit=size, offset=state.offset)
    pager = state.page(total)
    if state.number > pager.pages:
        rows, total = reads.team(_wanted(state), viewer=me, limit=size, offset=(pager.pages - 1) * size)
    lists.note_listed(f"{DISCLOSURE}: the list", [row.case_id for row in rows])
    return page(
        "restricted/disclosures.html",
        state=state,
        rows=rows,
        pager=pager,
        export_url=state.url("restricted.export_disclosures"),
        waiting=reads.waiting(viewer=me),
    )


@bp.get("/disclosures.csv")
@allowed(Do.SEE_DISCLOSURES)
@proven
def export_disclosures():
    """Without those about the protection of a child: what is kept apart is never in a file."""
    rows, _total = reads.team(_wanted(_state(), apart=False), viewer=viewer(), limit=EXPORT_MOST + 1)
    return lists.csv_answer(
        "disclosures",
        f"{DISCLOSURE}: the list",
        (
            "When",
            "Person",
            "Told to",
            "Office",
            "Ground",
            "Recorded by",
            "The person was told",
            "Acknowledged",
        ),
        [
            (
                clock.local(row.disclosed_at),
                row.person,
                row.recipient_name,
                row.recipient_office,
                row.ground,
                row.author,
                row.told.label,
                clock.local(row.seen_at) if row.seen_at else "",
            )
            for row in rows
        ],
        [row.case_id for row in rows],
    )


def shown(disclosure: DisclosureFile, **forms) -> dict:
    """The context of one disclosure's page; `forms` are those that came back with errors."""
    me = viewer()
    one = reads.whole(disclosure, viewer=me)
    acts = (Do.ACKNOWLEDGE_DISCLOSURE, Do.CORRECT_DISCLOSURE, Do.WITHHOLD_DISCLOSURE, Do.TELL_OF_DISCLOSURE)
    may = {act.name: rules.may(me, act, disclosure) for act in acts}
    told = one.told.value != "not" or one.told_since
    drawn = {
        "seen": SeenForm(formdata=None, prefix="seen-") if may["ACKNOWLEDGE_DISCLOSURE"] else None,
        "withhold": WithholdForm(formdata=None, prefix="copy-", data={"version": str(one.version)})
        if may["WITHHOLD_DISCLOSURE"] and not told
        else None,
        "tell": TellForm(formdata=None, prefix="tell-") if may["TELL_OF_DISCLOSURE"] and not told else None,
    }
    return {"one": one, "may": may, "was_told": told, **drawn, **forms}


def note(disclosure: DisclosureFile) -> None:
    """Leave word of the reading: about the person, and under the words of what is kept apart where it is that."""
    words = SECTION if disclosure.child_protection else DISCLOSURE
    note_reading(AuditAct.READ, words, person_id=disclosure.person_id, detail={"disclosure": disclosure.id})


@bp.get("/disclosures/<id:disclosure_id>")
@on_disclosure(Do.VIEW_DISCLOSURE)
@proven
def disclosure(disclosure):
    note(disclosure)
    return page("restricted/disclosure.html", **shown(disclosure))
