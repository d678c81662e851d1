"""The name behind a reference: one at a time, for a reason, and written down in the person's own record (0019)."""

from caseapp.blueprints.privacy import bp
from caseapp.blueprints.privacy.forms import REASONS, NameForm
from caseapp.policy.do import Do
from caseapp.queries import findings
from caseapp.vocabulary import AuditAct
from caseapp.web.access import note_reading, on_privacy_record
from caseapp.web.answers import page, refused
from caseapp.web.second_step import proven
from caseapp.web.sessions import viewer


@bp.get("/cases/<ref:reference>/name")
@on_privacy_record(Do.NAME_RECORD)
def ask_name(record):
    return page("privacy/name.html", form=NameForm(formdata=None), record=record, name=None)


@bp.post("/cases/<ref:reference>/name")
@on_privacy_record(Do.NAME_RECORD)
@proven
def show_name(record):
    form = NameForm()
    if not form.validate_on_submit():
        return refused("privacy/name.html", form=form, record=record, name=None)
    note_reading(
        AuditAct.READ, Do.NAME_RECORD.value, case=record, detail={"reason": REASONS[form.reason.data]}
    )
    return page(
        "privacy/name.html", form=form, record=record, name=findings.name_behind(record, viewer=viewer())
    )
