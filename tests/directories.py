"""For tests of an agency's directory: one that runs, an agency that uses it, and a browser taken through it."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from caseapp import clock
from caseapp.models import AgencySignIn, UserSession
from caseapp.services import account_links, directories, directory_accounts
from caseapp.services.directories import Found
from caseapp.vocabulary import LinkKind
from tests import directory as provider
from tests.browser import fields_of

BACK = "/sign-in/with/canal/back"


@pytest.fixture(scope="module")
def running():
    with provider.running() as found:
        yield found


@pytest.fixture
def directory(running, app, tmp_path):
    """Canal Street's directory, telling the truth, as the operator has set it up."""
    running.lies()
    directories.forget()
    before = app.extensions["directories"]
    path = running.file(tmp_path / "directories.toml")
    app.extensions["directories"] = directories.read(
        path, {"CANAL_SECRET": provider.SECRET}, production=False
    )
    yield running
    app.extensions["directories"] = before


@pytest.fixture
def canal(world, directory, db_session):
    """Canal Street signs in through it; Orla's account is connected with `orla-at-canal`."""
    chosen(db_session, world)
    directory_accounts.connect(found(directory, "orla-at-canal"), actor=world.orla, at=clock.now())
    return world


def chosen(db_session, world, **more):
    db_session.add(
        AgencySignIn(
            agency_id=world.agencies["canal"],
            changed_at=clock.now(),
            changed_by_id=world.ciara.user_id,
            **({"directory": "canal"} | more),
        )
    )
    db_session.commit()


def found(directory, subject):
    return Found(directory.issuer, subject, subject, False, None)


def there(client, address="/sign-in/with/canal"):
    answer = client.get(address)
    assert answer.status_code == 303, answer.text
    return answer.location


def back(client, address):
    """The browser comes back: the page with one button, and its pressing."""
    parts = urlsplit(address)
    shown = client.get(f"{parts.path}?{parts.query}")
    if shown.status_code != 200 or "form" not in shown.text:
        return shown
    return client.post(parts.path, data=fields_of(shown.text))


def through(client, directory, subject="orla-at-canal", address="/sign-in/with/canal"):
    return back(client, directory.let_in(there(client, address), subject))


def sessions(db_session):
    return db_session.scalar(select(func.count()).select_from(UserSession))


# --- whose account --------------------------------------------------------------------------------------------------


def invitation(world, who="declan"):
    addresses = []
    account_links.make(
        world.viewers[who].user_id,
        world.viewers[who].email,
        LinkKind.INVITE,
        at=clock.now(),
        link_to=lambda token: addresses.append(token) or token,
    )
    return addresses[0]
