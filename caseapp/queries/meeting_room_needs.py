"""Which parts of life a goal that is made in a meeting can belong to."""

from caseapp import protocols
from caseapp.policy.meetings import MeetingFile
from caseapp.queries.meeting_agenda import has_plan


def domains(meeting: MeetingFile) -> list[tuple[str, str]]:
    """(key, words) of the parts of life of the case's procedure; none where the meeting speaks of no plan."""
    if not has_plan(meeting):
        return []
    protocol = protocols.get(meeting.case.protocol_key, meeting.case.protocol_version)
    return [(item.key, item.label) for item in protocol.domains]
