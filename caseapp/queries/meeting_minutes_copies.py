"""Who has a copy of minutes, whether it was received, and which corrections were asked for."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from caseapp.extensions import read
from caseapp.models import Agency, CorrectionRequest, Minutes, MinutesCopy, User
from caseapp.policy.meetings import MeetingFile
from caseapp.policy.viewer import Viewer
from caseapp.queries.meeting_agenda import MEETING_ID


class CopyRow(NamedTuple):
    """Who has a copy, and whether it was received. The person's has no agency."""

    agency_id: int | None
    agency: str
    whole: bool
    sent_at: datetime
    received_at: datetime | None
    received_by: str
    how: str


_COPIES = (
    select(
        MinutesCopy.agency_id,
        Agency.name,
        MinutesCopy.whole,
        MinutesCopy.sent_at,
        MinutesCopy.received_at,
        User.name.label("received_by"),
        MinutesCopy.how,
    )
    .join(Minutes, Minutes.id == MinutesCopy.minutes_id)
    .outerjoin(Agency, Agency.id == MinutesCopy.agency_id)
    .outerjoin(User, User.id == MinutesCopy.received_by_id)
    .where(Minutes.meeting_id == MEETING_ID)
    .order_by(MinutesCopy.agency_id.is_(None), Agency.name)
)


def copies(meeting: MeetingFile, *, viewer: Viewer) -> list[CopyRow]:
    """Every copy for those who call the meeting; for an agency its own alone."""
    rows = (
        CopyRow(row[0], row[1] or "", bool(row[2]), row[3], row[4], row[5] or "", row[6])
        for row in read(_COPIES, {"meeting_id": meeting.id})
    )
    return [row for row in rows if meeting.hosts or (row.agency_id == viewer.agency_id)]


class Request(NamedTuple):
    """A correction that an agency asked for."""

    id: int
    agency: str
    asked_by: str
    asked_at: datetime
    text: str
    answer: str
    answered_at: datetime | None


_REQUESTS = (
    select(
        CorrectionRequest.id,
        Agency.name,
        User.name.label("asked_by"),
        CorrectionRequest.asked_at,
        CorrectionRequest.text,
        CorrectionRequest.answer,
        CorrectionRequest.answered_at,
        CorrectionRequest.agency_id,
    )
    .join(Minutes, Minutes.id == CorrectionRequest.minutes_id)
    .join(Agency, Agency.id == CorrectionRequest.agency_id)
    .join(User, User.id == CorrectionRequest.asked_by_id)
    .where(Minutes.meeting_id == MEETING_ID)
    .order_by(CorrectionRequest.answered_at.is_not(None), CorrectionRequest.asked_at)
)


def requests(meeting: MeetingFile, *, viewer: Viewer) -> list[Request]:
    """The corrections that were asked for: all for those who call the meeting, an agency's own for itself."""
    return [
        Request(*row[:7])
        for row in read(_REQUESTS, {"meeting_id": meeting.id})
        if meeting.hosts or row.agency_id == viewer.agency_id
    ]
