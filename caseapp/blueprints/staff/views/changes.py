"""Inviting somebody, and changing an account."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.staff import bp
from caseapp.blueprints.staff.forms import (
    ROLE_HINTS,
    DetailsForm,
    InviteForm,
    OffForm,
    RolesForm,
    offer_roles,
    ticked,
)
from caseapp.blueprints.staff.views.pages import known
from caseapp.errors import NotVisible, RuleBroken
from caseapp.policy.do import Do
from caseapp.queries import agencies
from caseapp.queries import staff as reads
from caseapp.queries.accounts import line_managers, open_cases_managed, plain_email
from caseapp.services import accounts
from caseapp.services.account_checks import grantable
from caseapp.vocabulary import Role
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.choices import number
from caseapp.web.forms import Form
from caseapp.web.links import link_to, to_hand_over
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


@bp.get("/new")
@allowed(Do.MANAGE_STAFF)
@proven
def new():
    form = _invite_form()
    form.capacity.data = "100"
    return page("staff/new.html", form=form, role_hints=ROLE_HINTS)


@bp.post("/new")
@allowed(Do.MANAGE_STAFF)
@proven
def invite():
    form = _invite_form()
    if form.validate_on_submit() and form.accepts(
        accounts.invite,
        actor=viewer(),
        at=clock.now(),
        link_to=link_to,
        roles=ticked(form),
        **_details(form),
    ):
        return sent(form, form.email.data)
    return refused("staff/new.html", form=form, role_hints=ROLE_HINTS)


@bp.post("/<id:user_id>/link")
@allowed(Do.MANAGE_STAFF)
@proven
def send_link(user_id):
    member = known(user_id)
    form = Form()
    if form.validate_on_submit() and form.accepts(
        accounts.send_link, user_id, actor=viewer(), at=clock.now(), link_to=link_to
    ):
        return sent(form, member.email)
    return saved(
        url_for("staff.show", user_id=user_id), say="; ".join(form.form_errors) or "Nothing was sent."
    )


@bp.get("/<id:user_id>/edit")
@allowed(Do.MANAGE_STAFF)
def edit(user_id):
    member = touchable(user_id)
    form = DetailsForm(
        formdata=None,
        **{name: getattr(member, name) for name in (*accounts.EDITABLE, "version")}
        | {"capacity": str(member.capacity)},
    )
    return page("staff/edit.html", form=_with_managers(form, member), member=member)


@bp.post("/<id:user_id>/edit")
@allowed(Do.MANAGE_STAFF)
@proven
def save(user_id):
    member = touchable(user_id)
    form = _with_managers(DetailsForm(), member)
    if form.validate_on_submit() and form.accepts(
        accounts.update_details,
        user_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        **_details(form),
    ):
        waits = form.email.data and plain_email(form.email.data) != known(user_id).email
        say = (
            f"Saved. The new address waits until {member.name} or another administrator agrees."
            if waits
            else "Saved."
        )
        return saved(url_for("staff.show", user_id=user_id), say=say)
    _renew(form, user_id)
    return refused("staff/edit.html", form=form, member=member)


@bp.get("/<id:user_id>/roles")
@allowed(Do.MANAGE_STAFF)
def edit_roles(user_id):
    member = touchable(user_id)
    form = _roles_form(RolesForm(formdata=None, version=member.version), member)
    form.roles.data = [int(role) for role in Role if role in member.roles]
    form.areas.data = [str(area_id) for area_id, _ in reads.areas_served(user_id)]
    return page("staff/roles.html", form=form, member=member, role_hints=ROLE_HINTS)


@bp.post("/<id:user_id>/roles")
@allowed(Do.MANAGE_STAFF)
@proven
def save_roles(user_id):
    """Ends every session of the account, at once."""
    member = touchable(user_id)
    form = _roles_form(RolesForm(), member)
    if form.validate_on_submit() and form.accepts(
        accounts.change_roles,
        user_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        roles=ticked(form),
        area_ids=[one for one in map(number, form.areas.data or ()) if one is not None],
    ):
        return saved(
            url_for("staff.show", user_id=user_id) if user_id != viewer().user_id else "/",
            say=f"{member.name} has these roles now and signs in anew.",
        )
    if form.stale:
        form.stale.saved = {}
    _renew(form, user_id)
    return refused("staff/roles.html", form=form, member=member, role_hints=ROLE_HINTS)


@bp.get("/<id:user_id>/off")
@allowed(Do.MANAGE_STAFF)
def ask_off(user_id):
    return page(
        "staff/off.html", form=OffForm(), member=touchable(user_id), leads=open_cases_managed(user_id)
    )


@bp.post("/<id:user_id>/off")
@allowed(Do.MANAGE_STAFF)
@proven
def switch_off(user_id):
    member = touchable(user_id)
    form = OffForm()
    if form.validate_on_submit() and form.accepts(
        accounts.disable, user_id, actor=viewer(), at=clock.now(), reason=form.reason.data
    ):
        return saved(
            url_for("staff.show", user_id=user_id),
            say=f"{member.name}’s account is switched off. Every session has ended.",
        )
    return refused("staff/off.html", form=form, **_off_facts(member))


@bp.post("/<id:user_id>/on")
@allowed(Do.MANAGE_STAFF)
@proven
def switch_on(user_id):
    member = touchable(user_id)
    try:
        accounts.enable(user_id, actor=viewer(), at=clock.now())
    except RuleBroken as broken:
        return saved(url_for("staff.show", user_id=user_id), say=str(broken))
    return saved(url_for("staff.show", user_id=user_id), say=f"{member.name} can sign in again.")


def _off_facts(member):
    return {
        "member": member,
        "leads": open_cases_managed(member.id),
        "managers": line_managers(viewer().agency_id)[:3],
    }


def sent(form, email):
    """After inviting: a note, or, where no mail can be sent from here, the link itself, this once."""
    back = url_for("staff.show", user_id=form.result_id) if form.result_id else url_for("staff.index")
    link = to_hand_over(form.result.link) if form.result else ""
    if link:
        return page("staff/link.html", link=link, email=email, back=back)
    return saved(back, say=f"A link is on its way to {email}.")


def touchable(user_id):
    """An account that an agency administrator may change; a system administrator's is not."""
    member = known(user_id)
    if Role.SYSTEM_ADMIN in member.roles:
        raise NotVisible
    return member


def _details(form):
    return {
        "name": form.name.data,
        "email": form.email.data,
        "profession": form.profession.data or "",
        "phone": form.phone.data or "",
        "hours": form.hours.data or "",
        "line_manager_id": form.line_manager_id.data,
        "capacity": form.percent(),
    }


def _invite_form():
    form = InviteForm()
    form.line_manager_id.offer(reads.line_managers(viewer=viewer()), empty="Nobody yet")
    offer_roles(form, _mine())
    return form


def _with_managers(form, member):
    offered = reads.line_managers(viewer=viewer(), but=member.id)
    if member.line_manager_id and member.line_manager_id not in dict(offered):
        offered.append((member.line_manager_id, member.line_manager))
    form.line_manager_id.offer(offered, empty="Nobody yet")
    return form


def _roles_form(form, member):
    offer_roles(form, _mine())
    coordinates = Role.COORDINATOR in _mine() | member.roles
    form.areas.choices = (
        {str(area_id): name for area_id, name in agencies.area_choices()} if coordinates else {}
    )
    return form


def _mine():
    """The roles that the viewer may give in the own agency."""
    return grantable(viewer(), agencies.kind_of(viewer().agency_id))


def _renew(form, user_id):
    """After a stale edit the form holds the version that now stands, so that saving once more counts."""
    if form.stale:
        form.version.data = str(form.stale.version or known(user_id).version)
