"""How the own agency's staff sign in: through which directory, with or without passwords, from when with a second step."""

from flask import current_app, url_for

from caseapp import clock
from caseapp.blueprints.agency import bp
from caseapp.blueprints.agency.forms import sign_in_form
from caseapp.policy.do import Do
from caseapp.queries import agency_sign_in as reads
from caseapp.services import agency_sign_in
from caseapp.web import directories
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


@bp.get("/sign-in")
@allowed(Do.MANAGE_OWN_AGENCY)
@proven
def sign_in():
    way = reads.of(viewer().agency_id)
    form = sign_in_form(
        directories.all_of_them(),
        formdata=None,
        version=way.version,
        directory=way.directory,
        passwords="yes" if way.passwords else "no",
        directory_step_counts="yes" if way.directory_step_counts else "no",
        second_step_from=way.second_step_from,
    )
    return page("agency/sign_in.html", form=form, **_around(way))


@bp.post("/sign-in")
@allowed(Do.MANAGE_OWN_AGENCY)
@proven
def save_sign_in():
    known = directories.all_of_them()
    form = sign_in_form(known)
    if form.validate_on_submit() and form.accepts(
        agency_sign_in.change,
        actor=viewer(),
        at=clock.now(),
        version=form.seen_version,
        known={key: one.issuer for key, one in known.items()},
        directory=form.directory.data or "",
        passwords=form.passwords.data == "yes",
        directory_step_counts=form.directory_step_counts.data == "yes",
        second_step_from=form.second_step_from.data,
    ):
        return saved(url_for("agency.sign_in"), say="Saved. It counts from the next sign-in.")
    way = reads.of(viewer().agency_id)
    if form.stale:
        form.version.data = str(way.version)
    return refused("agency/sign_in.html", form=form, **_around(way))


def _around(way):
    return {
        "way": way,
        "directories": directories.all_of_them(),
        "rule": current_app.config["SECOND_FACTOR"],
        "connected": reads.connected(viewer().user_id),
    }
