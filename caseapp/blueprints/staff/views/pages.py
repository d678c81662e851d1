"""The list of staff, and one account."""

from datetime import timedelta

from flask import current_app, request

from caseapp import clock
from caseapp.blueprints.staff import bp
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import email_changes
from caseapp.queries import staff as reads
from caseapp.queries.accounts import open_cases_managed
from caseapp.vocabulary import Role
from caseapp.web.access import allowed
from caseapp.web.answers import page
from caseapp.web.lists import Choice, Column, ListSpec, Words
from caseapp.web.sessions import viewer

_ROLES = tuple((str(int(role)), role.label) for role in Role)
STAFF = ListSpec(
    name="staff",
    title="Staff",
    endpoint="staff.index",
    act=Do.MANAGE_STAFF,
    filters=(
        Words("words", "Name, e-mail or profession"),
        Choice("role", "Role", (("", "All"), *_ROLES)),
        Choice("state", "Account", (("", "All"), *reads.STATES)),
    ),
    columns=(
        Column("name", "Name", sort=True),
        Column("roles", "Roles"),
        Column("profession", "Profession", sort=True),
        Column("signed_in", "Last signed in", sort=True, descending_first=True),
        Column("state", "Account"),
    ),
    order="name",
)

_ORDER = {
    "name": lambda one: one.name.casefold(),
    "profession": lambda one: (one.profession.casefold(), one.name.casefold()),
    "signed_in": lambda one: one.last_signed_in_at.timestamp() if one.last_signed_in_at else 0,
}


@bp.get("")
@allowed(Do.MANAGE_STAFF)
def index():
    state = STAFF.read(request.args)
    everybody = reads.staff(viewer=viewer())
    found = reads.matching(everybody, words=state["words"], role=state["role"], state=state["state"])
    found.sort(key=_ORDER[state.order], reverse=state.descending)
    counts = {key: sum(one.state == key for one in everybody) for key, _ in reads.STATES}
    pager = state.page(len(found))
    start = (pager.number - 1) * STAFF.per_page
    return page(
        "staff/index.html",
        state=state,
        people=found[start : start + STAFF.per_page],
        pager=pager,
        total=len(everybody),
        counts=counts,
        columns=STAFF.columns,
    )


@bp.get("/<id:user_id>")
@allowed(Do.MANAGE_STAFF)
def show(user_id):
    member = known(user_id)
    return page(
        "staff/show.html",
        member=member,
        areas=reads.areas_served(user_id),
        invitation_ends=reads.invitation_ends(user_id) if member.invited else None,
        leads=open_cases_managed(user_id),
        history=reads.history(user_id),
        change=email_changes.waiting(user_id),
        sessions=reads.open_sessions(
            user_id,
            now=clock.now(),
            idle_since=clock.now() - timedelta(seconds=current_app.config["SESSION_IDLE_SECONDS"]),
        ),
        untouchable=Role.SYSTEM_ADMIN in member.roles,
    )


def known(user_id):
    """The account, if it is one of the viewer's own agency; else 404."""
    member = reads.member(user_id, viewer=viewer())
    if member is None:
        raise NotVisible
    return member
