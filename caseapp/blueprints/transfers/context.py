"""What the pages of a transfer share."""

from flask import url_for

from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.kept_apart import find_kept_apart
from caseapp.policy.transfers import Sight
from caseapp.queries import transfer_page
from caseapp.web import navigation
from caseapp.web.sessions import viewer

ACTS = (
    Do.KEEP_TRANSFER,
    Do.REVIEW_HANDOVER,
    Do.READ_HANDOVER,
    Do.ANSWER_TRANSFER,
    Do.TAKE_TRANSFER,
    Do.RECORD_SUBJECT_REQUEST,
)


def page_of(transfer) -> str:
    """The address of the transfer's own page."""
    return url_for("transfers.show", transfer_id=transfer.id)


def about(transfer, **more) -> dict:
    """The context of a page about this transfer: what stands in it for this viewer, what they may do, the way back."""
    me = viewer()
    it = transfer_page.page(transfer, viewer=me)
    may = {act.name: rules.may(me, act, transfer) for act in ACTS}
    asking = navigation.reach("rights.new_of_handed_over", transfer_id=transfer.id)
    reads = transfer.sight is Sight.RECEIPT and find_kept_apart(me, transfer.id) is not None
    return {
        "transfer": transfer,
        "it": it,
        "may": may,
        "kept_url": navigation.reach("restricted.kept", transfer_id=transfer.id) if reads else None,
        "request_url": asking if may["RECORD_SUBJECT_REQUEST"] else None,
        "back": page_of(transfer),
        "sight": f"Only about {it.first_name}" if it.first_name else "Names nobody",
    } | more


def data(it, **more) -> dict:
    """What an unsent form holds: the version that the page showed, and what else is proposed."""
    return {"version": str(it.version)} | more
