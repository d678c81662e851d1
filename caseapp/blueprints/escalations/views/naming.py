"""Whether the person is named above the manager."""

from caseapp import clock
from caseapp.blueprints.escalations import bp
from caseapp.blueprints.escalations.forms import AgreeForm
from caseapp.blueprints.escalations.views.ladder import here
from caseapp.policy.do import Do
from caseapp.services.escalations import naming as acts
from caseapp.web.access import on_escalation
from caseapp.web.answers import page, refused, saved
from caseapp.web.forms import Form
from caseapp.web.sessions import viewer


@bp.get("/gaps-and-blocks/<id:escalation_id>/naming")
@on_escalation(Do.NAME_PERSON, "whether the person is named")
def naming(gap):
    form = AgreeForm(formdata=None, data={"agreed_on": clock.today()})
    return page("escalations/naming.html", gap=gap, form=form, back=here(gap))


@bp.post("/gaps-and-blocks/<id:escalation_id>/naming")
@on_escalation(Do.NAME_PERSON, "whether the person is named")
def save_naming(gap):
    form = AgreeForm()
    if form.validate_on_submit() and form.accepts(
        acts.agree, gap, actor=viewer(), at=clock.now(), agreed_on=form.agreed_on.data
    ):
        return saved(
            here(gap), say="The coordinator and the national coordinator may read the name from now on."
        )
    return refused("escalations/naming.html", gap=gap, form=form, back=here(gap))


@bp.post("/gaps-and-blocks/<id:escalation_id>/naming/end")
@on_escalation(Do.NAME_PERSON, "whether the person is named")
def end_naming(gap):
    form = Form()
    if form.validate_on_submit() and form.accepts(acts.end, gap, actor=viewer(), at=clock.now()):
        return saved(here(gap), say="Nobody above the manager reads the name any more.")
    return saved(here(gap), say="Nothing was changed: " + " ".join(form.form_errors))
