"""People who were registered before there were keys are found by them after the migration, and nothing of theirs is lost on
the way there and back (S3 of the issue: search tolerant of spelling)."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from caseapp import migrate, names
from tests.databases import plain_engine

NAMES = [
    ("Niall", "Rafter", ""),
    ("Séamus", "Ó Briain", "Shay"),
    ("Tom", "McCarthy", "M'Carthy"),
    ("Łukasz", "Żółć", ""),
    ("Þóra", "Ægisdóttir", "ŋĸ"),
    ("İbrahim", "Yıldız", "Weiß"),
    ("فاطمة", "کریم علی", ""),
    ("Олена", "Коваленко", ""),
    ("Ann-Marie", "Byrne (Molly) 😀", ""),
    ("Cher", "", ""),
    ("", "🙂", ""),
    ("x" * 120, "y" * 120, ""),
    ("a b c d e f", "g h i j k l", "m n o p"),
]
PEOPLE = 1003  # more than the migration takes at a time


def test_people_from_before_have_their_keys_and_the_way_back_loses_nobody(blank_database):
    migrate.upgrade(blank_database, "0013")
    with plain_engine(blank_database) as engine, engine.begin() as connection:
        area = put(connection, "area", {"kind": "local", "name": "Area"})
        agency = put(connection, "agency", {"kind": "health", "area_id": area, "name": "Agency"})
        worker = put(connection, "user", {"agency_id": agency, "roles": 1, "digest": "daily"})
        hung = {"registered_by_agency_id": agency, "registered_by_id": worker}
        everybody = [("Cher", "", "")] * (PEOPLE - len(NAMES)) + NAMES
        people = [
            {"id": number, "given_name": given, "family_name": family, "known_as": known} | hung
            for number, (given, family, known) in enumerate(everybody, 10)
        ]
        put(connection, "person", *people)
    wanted = {
        (*key, number) for number, name in enumerate(everybody, 10) for key in names.keys(" ".join(name))
    }
    for _ in range(2):
        migrate.upgrade(blank_database, "0014")
        with plain_engine(blank_database) as engine, engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT letters, beside, person_id FROM person_name_key")).all()
            assert len(rows) == len(wanted)
            assert {tuple(row) for row in rows} == wanted
            assert [one["name"] for one in sa.inspect(engine).get_indexes("person_name_key")] == [
                "ix_person_name_key_person_id"
            ]
        migrate.downgrade(blank_database, "0013")
        with plain_engine(blank_database) as engine, engine.connect() as connection:
            assert not sa.inspect(engine).has_table("person_name_key")
            assert connection.scalar(sa.text("SELECT count(*) FROM person")) == PEOPLE


def put(connection, table, *rows) -> int:
    """These rows, everything that must be filled and was not given with something plain; the id of the first."""
    found = sa.Table(table, sa.MetaData(), autoload_with=connection, resolve_fks=False)
    plain = {str: "", int: 1, bool: False, datetime: datetime(2026, 3, 2, tzinfo=UTC)}
    filled = {column.name: plain[column.type.python_type] for column in found.columns if not column.nullable}
    connection.execute(found.insert(), [filled | row for row in rows])
    return (filled | rows[0])["id"]


@pytest.mark.parametrize("name", NAMES)
def test_the_key_of_a_name_fits_its_column(name):
    for letters, beside in names.keys(" ".join(name)):
        assert 1 <= len(letters) <= 24
        assert len(beside) == 1
