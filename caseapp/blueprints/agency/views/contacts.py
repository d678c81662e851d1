"""Named contacts: people to turn to, who need not have an account (S2-4, S2-31)."""

from flask import url_for

from caseapp import clock
from caseapp.blueprints.agency import bp
from caseapp.blueprints.agency.forms import ContactForm
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import agencies as reads
from caseapp.services import agencies
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/contacts/new")
@allowed(Do.MANAGE_OWN_AGENCY)
def new_contact():
    return page("agency/contact.html", form=ContactForm(), contact=None)


@bp.post("/contacts/new")
@allowed(Do.MANAGE_OWN_AGENCY)
def add_contact():
    form = ContactForm()
    if form.validate_on_submit() and form.accepts(
        agencies.add_contact, viewer().agency_id, actor=viewer(), at=clock.now(), **form.details()
    ):
        return saved(url_for("agency.show"), say=f"{form.name.data} stands in the directory now.")
    return refused("agency/contact.html", form=form, contact=None)


@bp.get("/contacts/<id:contact_id>")
@allowed(Do.MANAGE_OWN_AGENCY)
def edit_contact(contact_id):
    contact = _known(contact_id)
    names = ("version", "name", "job", "phone", "email")
    form = ContactForm(formdata=None, **{name: getattr(contact, name) for name in names})
    return page("agency/contact.html", form=form, contact=contact)


@bp.post("/contacts/<id:contact_id>")
@allowed(Do.MANAGE_OWN_AGENCY)
def save_contact(contact_id):
    contact, form = _known(contact_id), ContactForm()
    if form.validate_on_submit() and form.accepts(
        agencies.update_contact,
        contact_id,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        **form.details(),
    ):
        return saved(url_for("agency.show"), say="Saved.")
    if form.stale:
        form.version.data = str(form.stale.version or _known(contact_id).version)
    return refused("agency/contact.html", form=form, contact=contact)


@bp.post("/contacts/<id:contact_id>/end")
@allowed(Do.MANAGE_OWN_AGENCY)
def end_contact(contact_id):
    agencies.end_contact(contact_id, actor=viewer(), at=clock.now())
    return saved(url_for("agency.show"), say="Taken out of the directory.")


def _known(contact_id):
    contact = reads.contact(contact_id, viewer().agency_id)
    if contact is None:
        raise NotVisible
    return contact
