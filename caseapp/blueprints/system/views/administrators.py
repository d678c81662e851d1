"""Those who administer or coordinate, in any agency: invited, sent a link, switched off and on."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.system import bp
from caseapp.blueprints.system.forms import AdministratorForm, OffForm
from caseapp.blueprints.system.views.agencies import known, sent
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import staff
from caseapp.queries.accounts import open_cases_managed
from caseapp.services import accounts
from caseapp.vocabulary import Role
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.links import link_to
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


@bp.get("/agencies/<id:agency_id>/people/new")
@allowed(Do.MANAGE_AGENCIES)
def new_administrator(agency_id):
    form = AdministratorForm()
    form.roles.data = [int(Role.AGENCY_ADMIN)]
    return page("system/new_administrator.html", form=form, entry=known(agency_id))


@bp.post("/agencies/<id:agency_id>/people/new")
@allowed(Do.MANAGE_AGENCIES)
@proven
def add_administrator(agency_id):
    entry, form = known(agency_id), AdministratorForm()
    if form.validate_on_submit() and form.accepts(
        accounts.invite,
        actor=viewer(),
        at=clock.now(),
        link_to=link_to,
        agency_id=agency_id,
        name=form.name.data,
        email=form.email.data,
        roles=form.ticked(),
    ):
        return sent(form, _back(agency_id), form.email.data)
    return refused("system/new_administrator.html", form=form, entry=entry)


@bp.post("/agencies/<id:agency_id>/people/<id:user_id>/link")
@allowed(Do.MANAGE_AGENCIES)
@proven
def send_administrator_link(agency_id, user_id):
    member, form = _person(agency_id, user_id), Form()
    if form.validate_on_submit() and form.accepts(
        accounts.send_link, user_id, actor=viewer(), at=clock.now(), link_to=link_to
    ):
        return sent(form, _back(agency_id), member.email)
    return saved(_back(agency_id), say="; ".join(form.form_errors) or "Nothing was sent.")


@bp.get("/agencies/<id:agency_id>/people/<id:user_id>/off")
@allowed(Do.MANAGE_AGENCIES)
def ask_administrator_off(agency_id, user_id):
    member = _person(agency_id, user_id)
    return _off_page(OffForm(), agency_id, member)


@bp.post("/agencies/<id:agency_id>/people/<id:user_id>/off")
@allowed(Do.MANAGE_AGENCIES)
@proven
def administrator_off(agency_id, user_id):
    member, form = _person(agency_id, user_id), OffForm()
    if form.validate_on_submit() and form.accepts(
        accounts.disable, user_id, actor=viewer(), at=clock.now(), reason=form.reason.data
    ):
        return saved(_back(agency_id), say=f"{member.name}’s account is switched off.")
    return _off_page(form, agency_id, member)


@bp.post("/agencies/<id:agency_id>/people/<id:user_id>/on")
@allowed(Do.MANAGE_AGENCIES)
@proven
def administrator_on(agency_id, user_id):
    member = _person(agency_id, user_id)
    accounts.enable(user_id, actor=viewer(), at=clock.now())
    return saved(_back(agency_id), say=f"{member.name} can sign in again.")


def _off_page(form, agency_id, member):
    context = {"entry": known(agency_id), "member": member, "leads": open_cases_managed(member.id)}
    if form.is_submitted():
        return refused("system/administrator_off.html", form=form, **context)
    return page("system/administrator_off.html", form=form, **context)


def _person(agency_id, user_id):
    people = staff.staff(viewer=viewer(), agency_id=agency_id)
    member = next((one for one in people if one.id == user_id), None)
    if member is None:
        raise NotVisible
    return member


def _back(agency_id):
    return url_for("system.agency", agency_id=agency_id)
