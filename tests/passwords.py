"""For tests of signing in: a password that is known, its hash worked out once for a module, and Orla who has it."""

import pytest
from sqlalchemy import update

from caseapp.models import User
from caseapp.services import passwords

SECRET = "linden-harbour-42"


@pytest.fixture(scope="module")
def secret_hash():
    return passwords.hashed(SECRET)


@pytest.fixture
def orla(world, db_session, secret_hash):
    db_session.execute(update(User).where(User.id == world.orla.user_id).values(password_hash=secret_hash))
    db_session.commit()
    return world.orla
