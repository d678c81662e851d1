"""The end of a record: nothing of it is left but a certificate that names nobody, and there is no other door (X-9)."""

import json
import re

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from caseapp import clock
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import (
    Base,
    Case,
    CaseNote,
    ConsentGrant,
    Disposal,
    DisposalDoor,
    Escalation,
    EscalationStep,
    Person,
    RetentionReview,
    SavedView,
    Transfer,
)
from caseapp.policy import rights
from caseapp.queries import everything_held
from caseapp.queries import retention as reads
from caseapp.services import disposals, retention
from caseapp.vocabulary import ConsentStatus, RetentionRule, TransferStage
from tests import canaries, gaps
from tests.kept_records import by, closed, disposed, in_a_fortnight, years_ago
from tests.world import LONG_AGO

# --- disposal: nothing is left --------------------------------------------------------------------------------------


#: Words that stay, each with its reason. Audit entries stand as they were written (X-13): they have no foreign keys.
STAYS = {
    ("escalation", "title"): "made anew from the service",
    ("escalation", "service"): "which service is missing",
    ("escalation", "service_key"): "which service is missing",
    ("escalation", "concerned_name"): "which agency it is about",
    ("group_item", "minute"): "the number of the group's minute",
}


OWN = re.compile(r"CANARY-(?!FOREIGN|REGISTER|STAFF)[A-Z]+-[\w-]*")


@pytest.fixture
def old(app, database, db_session):
    """The canary world nine years later: Niall's case has long been closed, and all that hangs on it has ended."""
    world = database.kept("canaries", canaries.build)
    closed(world.case_id, years_ago(9))
    person = {"p": world.person_id}
    at = LONG_AGO.replace(year=2017).isoformat(sep=" ")
    db_session.execute(
        text(
            "UPDATE subject_request SET stage = 'answered', answered_on = received_on, ended_at = :at"
            " WHERE person_id = :p"
        ),
        person | {"at": at},
    )
    db_session.execute(
        text(
            "UPDATE legal_hold SET lifted_at = :at, lifted_by_id = begun_by_id, lifted_reason = 'Over'"
            " WHERE person_id = :p"
        ),
        person | {"at": at},
    )
    db_session.execute(
        text("UPDATE person_grievance SET stage = 'ended', ended_at = :at WHERE person_id = :p"),
        person | {"at": at},
    )
    db_session.execute(text("DELETE FROM retention_review WHERE person_id = :p"), person)
    # Harbour, which led before, has had nothing to do with him for as long: its part is as old as the rest
    then = LONG_AGO.replace(year=2016)
    ended = {"status": ConsentStatus.EXPIRED, "starts_on": then.date(), "expires_on": then.date()}
    db_session.execute(update(ConsentGrant).where(ConsentGrant.id == world.grants["harbour"]).values(**ended))
    went = Transfer.stage == TransferStage.EFFECTIVE
    db_session.execute(update(Transfer).where(Transfer.case_id == world.case_id, went).values(ended_at=then))
    db_session.commit()
    return world


def of_canal(world):
    return select(RetentionReview.id).where(
        RetentionReview.person_id == world.person_id, RetentionReview.agency_id == world.agencies["canal"]
    )


def words_left(pattern) -> dict:
    """Every word in every text, document and file of every table that the pattern finds: {(table, key, column): word}."""
    left = {}
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(*table.columns)).mappings():
            key = tuple(row[column.name] for column in table.primary_key.columns)
            for column in table.columns:
                value = row[column.name]
                if isinstance(value, bytes | memoryview):
                    value = bytes(value).decode("utf-8", errors="replace")
                elif isinstance(value, dict | list):
                    value = json.dumps(value, ensure_ascii=False)
                if isinstance(value, str) and (found := pattern.search(value)):
                    left[table.name, key, column.name] = found.group(0)
    return left


def rows_of_niall(world):
    return {
        (name, tuple(row.values()))
        for name, rows in everything_held.walk(world.person_id, [world.case_id], whole_rows=False)
        for row in rows
    }


#: Tables outside what belongs to a person in which canaries of this world stand, and whose these are.
NOT_HIS = {
    "audit_entry": "stands as it was written (X-13)",
    "saved_view": "the names of views; one whose words are his name goes",
    "import_batch": "sheets, which are dropped by themselves",
    "provider_grievance": "between agencies; names no person served",
    "provider_grievance_step": "between agencies; names no person served",
    "register_entry": "names nobody",
    "register_snapshot": "names nobody",
    "gap_theme": "names nobody",
    "group_sitting": "names nobody",
    "reading_finding": "about a worker's reading",
    "reading_finding_step": "about a worker's reading",
    "emergency_right": "about staff",
    "agency_setting": "about an agency",
    "quarter_figures": "figures",
}


def outside(table):
    return (
        table in NOT_HIS or table in canaries.OUTSIDE or table.startswith(("chapter", "reading", "handbook"))
    )


def test_after_a_disposal_no_word_of_the_person_is_left_anywhere(old, db_session):
    """X-9, 14.2.7. Canaries stood in every text of every row that belongs to Niall."""
    world = old
    foreign = words_left(re.compile("CANARY-FOREIGN"))
    db_session.add(
        SavedView(
            user_id=world.orla.user_id,
            list_name="people",
            name="his",
            query="q=rafter",
            created_at=LONG_AGO,
        )
    )
    db_session.commit()
    his, before = rows_of_niall(world), words_left(OWN)
    others = {one: word for one, word in before.items() if one[:2] not in his}
    assert len({one[0] for one in before if one[:2] in his}) > 25, "too little to prove anything"
    known = everything_held.belonging()
    assert not {one[0] for one in others if one[0] not in known and not outside(one[0])}, "whose are these?"
    assert retention.list_due(at=clock.now()) >= 1
    review = db_session.scalar(of_canal(world))
    retention.approve(rights.find_retention_review(world.declan, review), **by(world.declan))
    assert disposals.dispose_due(at=in_a_fortnight()) == (1, 0)
    db_session.expire_all()
    after = words_left(OWN)
    left = [
        one for one in after if one not in others and (one[0], one[2]) not in STAYS and not outside(one[0])
    ]
    assert left == []
    assert {one: after.get(one) for one in others} == others, "what is about others stays as it was"
    assert [one for one in words_left(re.compile("(?i)rafter")) if one[0] != "audit_entry"] == []
    assert words_left(re.compile("CANARY-FOREIGN")) == foreign, "what is Marta's stays as it was"
    assert rows_of_niall(world) == set()
    assert db_session.scalars(select(DisposalDoor)).all() == []


def test_what_remains_is_a_certificate_that_names_nobody(old, db_session):
    world = old
    entries = db_session.scalar(
        text("SELECT count(*) FROM audit_entry WHERE person_id = :p"), {"p": world.person_id}
    )
    retention.list_due(at=clock.now())
    review = db_session.scalar(of_canal(world))
    retention.approve(rights.find_retention_review(world.declan, review), **by(world.declan))
    disposals.dispose_due(at=in_a_fortnight())
    one = db_session.scalars(select(Disposal)).one()
    assert (one.person_id, one.cases, one.person_too) == (world.person_id, [world.case_id], True)
    assert one.decided_by_id == world.declan.user_id and one.removed["case_note"] >= 2
    assert "CANARY" not in json.dumps(one.removed)
    (line,), total = reads.certificates(viewer=world.declan)
    assert total == 1 and line.removed == sum(one.removed.values())
    after = db_session.scalars(
        text("SELECT what FROM audit_entry WHERE person_id = :p"), {"p": world.person_id}
    ).all()
    assert len(after) > entries and "record disposed of" in after, "the access record stands and says so"
    for statement in ("UPDATE disposal SET loosened = 9", "DELETE FROM disposal"):
        with pytest.raises(DBAPIError, match="never changed"):
            db_session.execute(text(statement))
        db_session.rollback()


def test_a_gap_goes_on_without_identity_and_without_its_log(world, db_session):
    gap_id = gaps.raised(world.orla, world.case_for(world.orla))
    db_session.commit()
    closed(world.case_id, years_ago(8, 1))
    assert db_session.scalars(select(EscalationStep)).all()
    retention.list_due(at=clock.now())
    assert disposed(world) == (1, 0)
    db_session.expire_all()
    gap = db_session.get(Escalation, gap_id)
    assert (gap.case_id, gap.action_id, gap.identity_consent) == (None, None, False)
    assert (gap.service, gap.title) == ("Council housing application", "Block: Council housing application")
    assert not any((gap.description, gap.effect, gap.wanted, gap.meanwhile, gap.one_to_one))
    assert db_session.scalars(select(EscalationStep)).all() == []
    assert db_session.scalars(select(Disposal)).one().loosened == 1


def test_a_person_with_whom_another_agency_works_stays_and_its_record_too(world, db_session):
    closed(world.case_id, years_ago(9))
    old = db_session.get(Case, world.case_id)
    later = Case(
        reference="52830663",
        person_id=world.person_id,
        episode=2,
        lead_agency_id=world.agencies["northgate"],
        line_manager_id=world.nora.user_id,
        protocol_key=old.protocol_key,
        status="case_managed",
        opened_at=clock.now(),
        opened_by_id=world.mark.user_id,
        previous_case_id=old.id,
        last_activity_at=clock.now(),
    )
    db_session.add(later)
    db_session.flush()
    db_session.add(
        CaseNote(
            case_id=later.id,
            kind="contact",
            happened_at=clock.now(),
            text="Of the later episode",
            author_id=world.mark.user_id,
            agency_id=world.agencies["northgate"],
            written_at=clock.now(),
        )
    )
    db_session.commit()
    retention.list_due(at=clock.now())
    assert disposed(world) == (1, 0)
    db_session.expire_all()
    assert db_session.get(Case, world.case_id) is None
    assert db_session.get(Person, world.person_id).family_name == "Rafter"
    assert db_session.get(Case, later.id).previous_case_id is None
    assert db_session.scalars(select(CaseNote.text)).all() == ["Of the later episode"]
    assert db_session.scalars(select(Disposal)).one().person_too is False


def test_if_anything_of_it_fails_nothing_of_it_is_done(old, db_session, monkeypatch):
    world = old
    retention.list_due(at=clock.now())
    review = db_session.scalar(of_canal(world))
    retention.approve(rights.find_retention_review(world.declan, review), **by(world.declan))

    def counts():
        return {name: len(rows) for name, rows in everything_held.walk(world.person_id, [world.case_id])}

    before = counts()
    done = disposals._delete

    def fails(name, rows):
        if name == "goal":
            raise RuntimeError("the machine stopped")
        done(name, rows)

    monkeypatch.setattr(disposals, "_delete", fails)
    with pytest.raises(RuntimeError, match="stopped"):
        disposals.dispose_due(at=in_a_fortnight())
    db_session.expire_all()
    assert counts() == before
    assert db_session.scalars(select(Disposal)).all() == []


# --- the door -------------------------------------------------------------------------------------------------------


KEPT_FOR_GOOD = ("escalation_step", "correction", "subject_step", "subject_item", "subject_pack")


@pytest.mark.parametrize("table", KEPT_FOR_GOOD)
def test_append_only_rows_go_only_through_a_door_that_was_opened_for_them(old, db_session, table):
    world = old
    rows = Base.metadata.tables[table]
    count = len(db_session.execute(select(rows.c.id)).all())
    assert count
    with pytest.raises(DBAPIError):
        db_session.execute(delete(rows))
    db_session.rollback()
    certificate = _certificate(world)
    _open(certificate, case_id=world.foreign_case_id, person_id=world.foreign_person_id)
    with pytest.raises(DBAPIError):
        db_session.execute(delete(rows))  # among them Niall's, for whom the door is not open
    db_session.rollback()
    certificate = _certificate(world)
    for case_id, person_id in (
        (world.case_id, world.person_id),
        (world.foreign_case_id, world.foreign_person_id),
    ):
        _open(certificate, case_id=case_id, person_id=person_id)
    own = db_session.execute(delete(rows))
    assert own.rowcount == count
    db_session.rollback()


def test_a_door_left_open_cannot_be_committed(old, db_session):
    _open(_certificate(old), case_id=old.case_id, person_id=None)
    with pytest.raises(IntegrityError):
        db_session.commit()
    db_session.rollback()
    assert db_session.scalars(select(Disposal)).all() == [], "and with it went everything else"


def test_a_door_is_not_opened_without_a_certificate(old, db_session):
    with pytest.raises(IntegrityError):
        _open(new_id(), case_id=old.case_id, person_id=None)
        db_session.execute(delete(DisposalDoor))
        db_session.commit()
    db_session.rollback()


def test_nothing_can_be_put_into_the_frame_that_a_door_would_hang_in(old, db_session):
    with pytest.raises(DBAPIError, match="stays empty"):
        db_session.execute(text("INSERT INTO disposal_frame (id) VALUES (0)"))
    db_session.rollback()


def _certificate(world):
    made = new_id()
    db.session.execute(
        insert(Disposal).values(
            id=made,
            agency_id=world.agencies["canal"],
            at=clock.now(),
            decided_by_id=world.declan.user_id,
            decided_at=clock.now(),
            rule=RetentionRule.CARE,
            ended_on=years_ago(9),
            years=8,
            person_id=world.person_id,
            cases=[],
            person_too=True,
            removed={},
            loosened=0,
        )
    )
    return made


def _open(certificate, *, case_id, person_id):
    db.session.execute(
        insert(DisposalDoor).values(
            id=new_id(), disposal_id=certificate, case_id=case_id, person_id=person_id, frame_id=0
        )
    )
