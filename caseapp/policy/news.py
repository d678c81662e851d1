"""News that would tell somebody of a person of whom they may not know (X-8): left out of lists, numbers and digests."""

from sqlalchemy import exists, not_, or_
from sqlalchemy.orm import aliased

from caseapp.models import AccessDenial, Case, Escalation, EscalationNotice, Notification
from caseapp.policy.case_sight import VIEWER_UNDENIED, VIEWER_USER

_Denial = aliased(AccessDenial, name="vis_news_denial")
_Case = aliased(Case, name="vis_news_case")
_Notice = aliased(EscalationNotice, name="vis_news_gap_notice")
_Gap = aliased(Escalation, name="vis_news_gap")


def tells_the_shut_out(user_id):
    """Select from Notification: it is about a case, or a gap or block that came from one, that this user is denied."""
    denied = (
        _Denial.user_id == user_id,
        _Denial.person_id == _Case.person_id,
        _Denial.ended_at.is_(None),
    )
    return or_(
        exists().where(_Case.id == Notification.case_id, *denied).correlate_except(_Case, _Denial),
        exists()
        .where(
            _Notice.notification_id == Notification.id,
            _Gap.id == _Notice.escalation_id,
            _Case.id == _Gap.case_id,
            *denied,
        )
        .correlate_except(_Notice, _Gap, _Case, _Denial),
    )


#: Select from Notification.
NEWS_NOT_DENIED = or_(VIEWER_UNDENIED, not_(tells_the_shut_out(VIEWER_USER)))
