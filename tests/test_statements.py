"""What stands in the text of a prepared statement is ours; what somebody typed is always a bound value."""

import pytest
from sqlalchemy import bindparam, select

from caseapp.extensions import db, read
from caseapp.models import Person


@pytest.mark.parametrize("typed", ["O'Brien", "x' OR 1=1 --", "a;b", "\x00", "né", 'say "hi"', "back\\slash"])
def test_a_typed_text_never_becomes_a_part_of_the_sql(app, db_session, typed):
    with pytest.raises(ValueError, match="bindparam"):
        read(select(Person.id).where(Person.given_name == typed), {})
    with pytest.raises(ValueError, match="bindparam"):
        read(select(Person.id).where(Person.given_name.in_(["Niall", typed])), {})


def test_as_a_bound_value_any_text_is_only_looked_for(world):
    statement = select(Person.id).where(Person.given_name == bindparam("name"))
    assert read(statement, {"name": "x' OR 1=1 --"}).all() == []
    assert read(statement, {"name": "Niall"}).scalar() == world.person_id
    assert db.session.connection().closed is False


def test_a_value_that_is_missing_shows_nothing(world):
    with pytest.raises(KeyError):
        read(select(Person.id).where(Person.given_name == bindparam("name")), {})
