"""The sign-ins of a demo world. The database keeps only hashes; so that `make run` can say how to get in, the file
`world-accounts.json` in the data folder keeps what the world file said, readable for its owner alone."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from caseapp.extensions import db
from caseapp.models import Agency, User
from caseapp.vocabulary import Role

FILE = "world-accounts.json"


@dataclass(frozen=True)
class Account:
    """An address and its password, as the world file gives them."""

    email: str
    password: str


@dataclass(frozen=True)
class SignIn:
    """One account that can be signed in with. `password` is None where no world file said it."""

    user_id: int
    email: str
    password: str | None
    name: str
    agency: str
    roles: Role


@contextmanager
def keep(folder: str, accounts: list[Account]) -> Iterator[None]:
    """Write the file beside its place first and put it there only if all that runs inside goes well."""
    if not accounts:
        yield
        return
    place = Path(folder) / FILE
    place.parent.mkdir(parents=True, exist_ok=True)
    loose = place.with_suffix(".new")
    loose.unlink(missing_ok=True)
    with os.fdopen(
        os.open(loose, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump([vars(account) for account in accounts], file, ensure_ascii=False, indent=1)
    try:
        yield
        loose.replace(place)
    finally:
        loose.unlink(missing_ok=True)


def accounts(folder: str) -> list[SignIn]:
    """Every live account that came with a world, in the order of its file; with its password where that is kept."""
    passwords = _kept(folder)
    order = {email: at for at, email in enumerate(passwords)}
    rows = db.session.execute(
        select(User.id, User.email, User.name, Agency.name, User.roles)
        .join(Agency, Agency.id == User.agency_id)
        .where(User.demo, User.disabled_at.is_(None), Agency.active)
        .order_by(Agency.name, User.name)
    ).all()
    found = [SignIn(row[0], row[1], passwords.get(row[1]), row[2], row[3], row[4]) for row in rows]
    return sorted(found, key=lambda one: order.get(one.email, len(order)))


def _kept(folder):
    try:
        listed = json.loads((Path(folder) / FILE).read_text(encoding="utf-8"))
        return {one["email"]: one["password"] for one in listed}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
