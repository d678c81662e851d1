"""What every page of a meeting shows around its own matter: whose meeting it is, the way back, who may look on."""

from flask import url_for

from caseapp.queries import cases, meeting_page
from caseapp.web import links, navigation
from caseapp.web.sessions import viewer


def around(meeting, **more) -> dict:
    """The context of a page about one meeting."""
    details = meeting_page.details(meeting, viewer=viewer())
    head = cases.head(meeting.case, viewer=viewer()) if meeting.case else None
    return {
        "meeting": meeting,
        "details": details,
        "head": head,
        "case": meeting.case,
        "first_name": head.first_name if head else "",
        "name": head.name if head else details.title,
        "back": url_for("meetings.show", meeting_id=meeting.id),
        "back_words": back_words(meeting, head, details),
        "plan_url": url_for("plan.show", reference=meeting.case.reference) if meeting.case else "",
        "reach": navigation.reach,
    } | more


def back_words(meeting, head, details) -> str:
    return f"{meeting.kind.label}: {head.name if head else details.title}"


def mail_link(meeting_id: int) -> str:
    """The address of a meeting's page, for mail: it shows nothing to anybody who is not signed in."""
    return links.page_link("meetings.show", meeting_id=meeting_id)
