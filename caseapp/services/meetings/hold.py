"""What may still be written about a meeting: before it begins, while it runs, until its minutes are issued (C8)."""

from caseapp.errors import NotAllowed, RuleBroken
from caseapp.models import Meeting
from caseapp.policy import rules
from caseapp.policy.do import Do
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.services.meetings.records import meeting_of
from caseapp.vocabulary import COMING_MEETINGS, MeetingStatus

#: What is decided can still be written down.
WRITABLE = (MeetingStatus.HELD, MeetingStatus.MINUTES_DRAFT)
ISSUED = (MeetingStatus.ISSUED, MeetingStatus.AMENDED)


def running(file: MeetingFile, actor: Viewer) -> Meeting:
    """The meeting, held for writing, for those who run it, while its minutes are not issued. Raises NotAllowed, or
    RuleBroken in words for people who were a moment too late."""
    if not rules.may(actor, Do.RUN_MEETING, file):
        raise NotAllowed
    meeting = meeting_of(file)
    if meeting.status in ISSUED:
        raise RuleBroken(
            "The minutes were issued meanwhile and are frozen. A correction is added to them with its date."
        )
    if meeting.status not in WRITABLE:
        raise RuleBroken("This meeting has not begun.")
    return meeting


def open_agenda(file: MeetingFile) -> Meeting:
    """The meeting, held for writing, while its agenda can still change: until it is closed."""
    meeting = meeting_of(file)
    if meeting.status not in COMING_MEETINGS and meeting.status is not MeetingStatus.HELD:
        raise RuleBroken("This meeting is over, or will not take place. Its agenda stays as it is.")
    return meeting
