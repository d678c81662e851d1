"""A step of a request or of a review: one form, one act, and what of the form the act is given."""

from caseapp import clock
from caseapp.web.sessions import viewer


def taken(form, act, record, *fields) -> bool:
    """Whether the form is whole and `act` took it, with what the `fields` hold and the version that the form was drawn with."""
    return form.validate_on_submit() and form.accepts(
        act,
        record,
        actor=viewer(),
        at=clock.now(),
        version=form.expected,
        **{field: form[field].data for field in fields},
    )
