"""Looking through what was gathered for a request, thing by thing (art. 15(4))."""

from flask import request, url_for

from caseapp import clock
from caseapp.blueprints.rights import bp
from caseapp.blueprints.rights.forms import ItemForm, SectionForm
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.queries import everything_held, gathered_items
from caseapp.queries import rights as reads
from caseapp.services import subject_items
from caseapp.vocabulary import ItemDecision
from caseapp.web.access import on_subject_item, on_subject_request
from caseapp.web.answers import page, refused, saved
from caseapp.web.lists import Choice, ListSpec
from caseapp.web.sessions import viewer

_TITLES = tuple(dict.fromkeys(one.title for one in everything_held.SECTIONS.values()))
LIST = ListSpec(
    name="subject_items",
    title="What was gathered",
    endpoint="rights.items",
    act=Do.SEE_SUBJECT_REQUESTS,
    filters=(
        Choice(
            "which",
            "Which",
            (("waiting", "To be looked at"), ("given", "Given"), ("withheld", "Withheld"), ("all", "All")),
        ),
        Choice("section", "Section", (("", "All"), *((title, title) for title in _TITLES))),
    ),
    columns=(),
    order="at",
    per_page=reads.PER_PAGE,
    saved=False,
)


@bp.get("/requests/<id:asked_id>/items")
@on_subject_request(Do.REVIEW_SUBJECT_REQUEST, "what was gathered for a request")
def items(asked):
    state = LIST.read(request.args, address={"asked_id": asked.id})
    found, total = gathered_items.items(
        asked,
        viewer=viewer(),
        section=state["section"],
        which=state["which"],
        offset=state.offset,
    )
    one = reads.request(asked, viewer=viewer())
    rest = None
    waits = next((s.waiting for s in one.sections if s.title == state["section"]), 0)
    if waits and rules.may(viewer(), Do.DECIDE_SUBJECT_REQUEST, asked):
        rest = SectionForm(formdata=None, data={"version": str(one.version), "section": state["section"]})
    return page(
        "rights/items.html",
        asked=asked,
        one=one,
        items=found,
        state=state,
        pages=state.page(total),
        rest=rest,
        waits=waits,
        first=one.name.split(" ")[0],
    )


def _item(item, form=None):
    one = gathered_items.item(item.id, viewer=viewer())
    decides = rules.may(viewer(), Do.DECIDE_SUBJECT_ITEM, item)
    if form is None and decides:
        form = ItemForm(
            formdata=None,
            data={
                "version": str(one.version),
                "decision": "" if one.decision is ItemDecision.WAITING else one.decision.value,
                "ground": one.ground.value if one.ground else "",
                "why": one.why,
            },
        )
    return {"one": one, "item": item, "form": form, "first": item.request.name.split(" ")[0]}


@bp.get("/requests/items/<id:thing_id>")
@on_subject_item(Do.DECIDE_SUBJECT_ITEM, "one thing that was gathered for a request")
def item(item):
    return page("rights/item.html", **_item(item))


@bp.post("/requests/items/<id:thing_id>")
@on_subject_item(Do.DECIDE_SUBJECT_ITEM, "one thing that was gathered for a request")
def decide_item(item):
    form = ItemForm()
    if form.validate_on_submit() and form.accepts(
        subject_items.decide_item,
        item,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        decision=ItemDecision(form.decision.data),
        ground=form.chosen_ground,
        why=form.why.data,
    ):
        url = url_for("rights.items", asked_id=item.request.id)
        return saved(url, say="Decided.")
    form.catch_up()
    return refused("rights/item.html", **_item(item, form))
