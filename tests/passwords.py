"""For tests of signing in: a password that is known, its hash worked out once for a module, and Orla who has it.

The application's own figures make a hash cost 40 ms of processor time, which is their purpose; tests of what stands around
it run with `quick` ones, and tests/test_accounts_service.py holds the figures themselves.
"""

from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from caseapp.models import User
from caseapp.services import passwords

SECRET = "linden-harbour-42"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@contextmanager
def figures(hasher):
    """Passwords are hashed with the figures of `hasher` inside."""
    before, passwords._HASHER = passwords._HASHER, hasher
    passwords._dummy.cache_clear()
    try:
        yield
    finally:
        passwords._HASHER = before
        passwords._dummy.cache_clear()


#: The figures that the application has by itself.
OURS = passwords._HASHER


def quick():
    return figures(QUICK)


def as_in_production():
    return figures(OURS)


@pytest.fixture(scope="module")
def secret_hash():
    return passwords.hashed(SECRET)


@pytest.fixture
def orla(world, db_session, secret_hash):
    db_session.execute(update(User).where(User.id == world.orla.user_id).values(password_hash=secret_hash))
    db_session.commit()
    return world.orla
