"""What every page of a meeting shows around its own matter: whose meeting it is, the way back, who may look on."""

from caseapp.queries import meeting_page
from caseapp.web import links, navigation
from caseapp.web.sessions import viewer


def around(meeting, **more) -> dict:
    """The context of a page about one meeting."""
    details = meeting_page.details(meeting, viewer=viewer())
    return named(meeting, details.person, details.first_name, details.title) | {"details": details} | more


def named(meeting, person: str, first_name: str, title: str) -> dict:
    """What `around` shows, where who and what the meeting is about is known already."""
    name = person or title
    return {
        "meeting": meeting,
        "case": meeting.case,
        "first_name": first_name,
        "name": name,
        "back": navigation.link("meetings.show", meeting_id=meeting.id),
        "back_words": f"{meeting.kind.label}: {name}",
        "plan_url": navigation.link("plan.show", reference=meeting.case.reference) if meeting.case else "",
        "reach": navigation.reach,
    }


def mail_link(meeting_id: int) -> str:
    """The address of a meeting's page, for mail: it shows nothing to anybody who is not signed in."""
    return links.page_link("meetings.show", meeting_id=meeting_id)
