"""The directories that the operator has set up, and the trip that a browser makes to one (services.directories)."""

import hmac
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app, session, url_for

from caseapp import clock
from caseapp.queries import agency_sign_in as reads
from caseapp.services import directories
from caseapp.services.directories import Directory, Trip
from caseapp.web.links import page_link

TRIP = "trip"
#: A sign-in at a directory that takes longer begins again.
BACK_WITHIN = timedelta(minutes=10)
#: What somebody goes there for.
SIGN_IN, CONNECT, BY_LINK, PROVE = "sign in", "connect", "link", "prove"


@dataclass(frozen=True, slots=True)
class Away:
    """What a browser that is at a directory carries, besides the trip's secrets: what for, where to go on to, whose
    account is meant, or which link was opened."""

    trip: Trip
    purpose: str
    onward: str = ""
    user_id: int = 0
    link: str = ""


def install(app) -> None:
    """Read the operator's file (DIRECTORIES). Raises RuntimeError where it cannot be meant."""
    try:
        found = directories.read(
            app.config.get("DIRECTORIES", ""), os.environ, production=app.config["PRODUCTION"]
        )
    except (OSError, ValueError) as wrong:
        raise RuntimeError(f"DIRECTORIES: {wrong}") from wrong
    app.extensions["directories"] = found


def all_of_them() -> dict[str, Directory]:
    return current_app.extensions["directories"]


def offered() -> list[Directory]:
    """Those that the sign-in page shows: some agency uses them."""
    known = all_of_them()
    if not known:
        return []
    chosen = reads.in_use()
    return [one for key, one in known.items() if key in chosen]


def of_agency(way: reads.WayIn) -> Directory | None:
    """The directory that an agency has chosen, if the operator still offers it."""
    return all_of_them().get(way.directory) if way.directory else None


def leave(
    directory: Directory,
    purpose: str,
    *,
    onward: str = "",
    user_id: int = 0,
    link: str = "",
    afresh: bool = False,
) -> str:
    """Where to send the browser; what it needs on its way back goes into its signed cookie. Raises Unreachable."""
    there, trip = directories.begin(directory, back=back(directory), at=clock.now(), afresh=afresh)
    session[TRIP] = json.dumps(
        [
            directory.key,
            trip.state,
            trip.nonce,
            trip.verifier,
            int(trip.begun.timestamp()),
            purpose,
            onward[:1000],
            user_id,
            link,
        ]
    )
    return there


def returned(directory: Directory, state: str) -> Away | None:
    """What this browser had gone for, if it is back from where it went, with the state that it took along, in time. The
    cookie forgets it in any case."""
    try:
        key, known, nonce, verifier, begun, purpose, onward, user_id, link = json.loads(
            session.pop(TRIP, "null")
        )
        begun = datetime.fromtimestamp(begun, UTC)
    except (TypeError, ValueError):
        return None
    if key != directory.key or not hmac.compare_digest(known.encode(), state.encode("utf-8", "replace")):
        return None
    if not timedelta(0) <= clock.now() - begun + timedelta(seconds=1) < BACK_WITHIN:
        return None
    return Away(Trip(known, nonce, verifier, begun), purpose, onward, user_id, link)


def back(directory: Directory) -> str:
    """The full address to which the directory sends browsers back; one of its own for each, so that the answers of two
    directories cannot be mixed up."""
    return page_link("auth.back_from_directory", key=directory.key)


def begin_address(directory: Directory, onward: str | None = None) -> str:
    return url_for("auth.to_directory", key=directory.key, next=onward)
