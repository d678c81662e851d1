"""What an agency kept apart while it led a case that another leads since: read again by those who could (X-6, X-9)."""

from flask import request

from caseapp.blueprints.restricted import bp
from caseapp.policy.do import Do
from caseapp.policy.restricted import SECTION
from caseapp.policy.transfers import find_transfer
from caseapp.queries import kept_apart as reads
from caseapp.vocabulary import AuditAct
from caseapp.web.access import note_reading, on_kept_apart
from caseapp.web.answers import page
from caseapp.web.lists import ListSpec
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer

LIST = ListSpec(
    name="kept_apart",
    title="Kept apart",
    endpoint="restricted.kept",
    act=Do.READ_KEPT_APART,
    filters=(),
    columns=(),
    order="-at",
    per_page=reads.PER_PAGE,
    saved=False,
)


@bp.get("/transfers/<id:transfer_id>/kept-apart")
@on_kept_apart(Do.READ_KEPT_APART)
@proven
def kept(kept):
    state = LIST.read(request.args, {"transfer_id": kept.transfer_id})
    entries, total = reads.entries(kept, viewer=viewer(), offset=state.offset)
    note_reading(AuditAct.READ, f"{SECTION}: kept from our own time", person_id=kept.person_id)
    return page(
        "restricted/kept.html",
        kept=kept,
        entries=entries,
        pages=state.page(total),
        receipt=find_transfer(viewer(), kept.transfer_id) is not None,
    )
