"""Many write the audit record at once, and use cases fail half way: each chain stays whole (X-13)."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.engine import Engine

from caseapp import clock, create_app
from caseapp.extensions import db
from caseapp.models import AuditEntry
from caseapp.services import audit
from caseapp.services.audit import checkpoints, keys, seals
from caseapp.services.audit.faults import FaultKind
from caseapp.services.audit.verify import examine, verify
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct
from tests.test_audit_chains import NIALL, here, rows, tamper, write

AOIFE = NIALL + 1


def entry(what, **about):
    return audit.entry(None, AuditAct.CHANGED, what, at=clock.now(), **about)


def test_eight_writers_at_one_chain_and_across_two_leave_both_whole(another_database, tmp_path):
    app = create_app(
        {
            "TESTING": True,
            "CASEAPP_ENV": "test",
            "DATABASE_URL": another_database,
            "CASEAPP_DATA": str(tmp_path),
            "SECRET_KEY": "only for tests",
        }
    )
    problems, ready = [], threading.Barrier(8)

    def work(n):
        order = (NIALL, AOIFE) if n % 2 else (AOIFE, NIALL)
        try:
            with app.app_context():
                ready.wait(20)
                for turn in range(12):
                    with unit_of_work():
                        for person in order:
                            audit.write([entry(f"{n}, {turn}", person_id=person)])
                db.session.remove()
        except Exception as error:
            problems.append(repr(error))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    with app.app_context():
        gone_through = examine()
        written = {chain: len({row["what"] for row in rows(chain)}) for chain in (NIALL, AOIFE)}
        db.session.remove()
        db.engine.dispose()
    assert not problems
    assert (gone_through.entries, gone_through.faults) == (192, [])
    assert written == {NIALL: 96, AOIFE: 96}


def test_what_a_use_case_took_back_leaves_no_entry_and_no_gap(app, db_session):
    with pytest.raises(RuntimeError), unit_of_work():
        audit.write([entry("never happened", person_id=NIALL)])
        raise RuntimeError
    with unit_of_work():
        with db.session.begin_nested() as inner:
            audit.write([entry("a trial", person_id=NIALL)])
            with db.session.begin_nested():
                audit.write([entry("a trial in a trial", person_id=NIALL)])
            inner.rollback()
        with db.session.begin_nested():
            audit.write([entry("kept", person_id=NIALL)])
    write("later", person_id=NIALL)
    assert [(row["number"], row["what"]) for row in rows(NIALL)] == [(1, "kept"), (2, "later")]
    assert verify() == []


def test_entries_stand_or_fall_with_the_change(app, db_session):
    """X-13: the entry is in the change's own transaction."""

    def broken(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO audit_entry"):
            raise RuntimeError("the disk is full")

    event.listen(Engine, "before_cursor_execute", broken)
    try:
        with pytest.raises(audit.NotWritten), unit_of_work():
            db.session.execute(
                text("INSERT INTO area (id, name, kind, active, version) VALUES (5, 'x', 'local', true, 1)")
            )
            audit.write([entry("an area", about_id=5)])
    finally:
        event.remove(Engine, "before_cursor_execute", broken)
    assert db.session.scalar(text("SELECT count(*) FROM area")) == 0


def test_the_chain_is_the_persons_else_the_accounts_else_everybodys(world, db_session):
    audit.write(
        [
            audit.entry(world.orla, AuditAct.READ, "a", at=clock.now(), case=world.case_for(world.orla)),
            audit.entry(world.orla, AuditAct.READ, "b", at=clock.now(), case_id=world.case_id),
            audit.entry(world.orla, AuditAct.LISTED, "c", at=clock.now()),
            audit.entry(None, AuditAct.CHANGED, "d", at=clock.now(), about_id=world.mark.user_id),
            audit.entry(None, AuditAct.REFUSED, "e", at=clock.now()),
        ]
    )
    db_session.commit()
    found = dict(db_session.execute(select(AuditEntry.what, AuditEntry.chain)).all())
    assert found == {
        "a": world.person_id,
        "b": world.person_id,
        "c": world.orla.user_id,
        "d": world.mark.user_id,
        "e": 0,
    }
    about = select(AuditEntry.person_id).where(AuditEntry.what == "b")
    assert db_session.scalar(about) == world.person_id, "whose case it is stands in the entry"


# --- the encoding -------------------------------------------------------------------------------------------------

AT = datetime(2026, 11, 3, 9, 30, 0, 120001, tzinfo=UTC)
ONE = {
    "chain": 7, "number": 2, "key_id": "k", "id": 9, "at": AT, "user_id": None, "user_name": "Bríd",
    "agency_id": 1, "agency_name": "", "act": AuditAct.READ, "what": "the plan", "case_id": None, "person_id": 7,
    "about_id": None, "ground": "", "grant_id": None, "address": "::1", "detail": {"b": (1, 2), "a": {10: "x", 9: None}},
}  # fmt: skip


def test_the_encoding_is_this_and_stays_this():
    """What was sealed must verify in twenty years: another encoding is another FORMAT."""
    assert seals.encoded(ONE) == (
        b'[1,7,2,"k",9,1793698200120001,null,"Br\\u00edd",1,"","read","the plan",null,7,null,"",null,"::1",'
        b'{"a":{"10":"x","9":null},"b":[1,2]}]'
    )
    seal = seals.seal(b"k" * 32, ONE, "")
    assert seal == "07147666f9363a9bf239284736e9a5772b29e490f49ea736cb5883a598036cb0"


def test_the_encoding_knows_neither_zones_nor_the_kind_of_database(app, db_session):
    elsewhere = ONE | {"at": AT.astimezone(timezone(timedelta(hours=5)))}
    assert seals.encoded(elsewhere) == seals.encoded(ONE)
    assert seals.encoded(ONE | {"address": ""}) != seals.encoded(ONE | {"address": None})
    db_session.execute(AuditEntry.__table__.insert().values(ONE | {"seal": "s"}))
    db_session.commit()
    assert seals.encoded(rows(7)[0]) == seals.encoded(ONE)


# --- entries older than the seals ---------------------------------------------------------------------------------


@pytest.fixture
def older(app, db_session):
    """Two chains as the migration leaves them: numbered, without seals."""
    for number in range(1, 6):
        for chain in (NIALL, AOIFE):
            row = entry(f"old {number}", person_id=chain)
            db_session.execute(
                AuditEntry.__table__.insert().values(
                    row | {"chain": chain, "number": number, "key_id": "", "seal": ""}
                )
            )
    db_session.commit()


def test_entries_older_than_the_seals_are_made_good_by_the_next_one_and_by_a_checkpoint(older):
    assert [fault.kind for fault in verify()] == [FaultKind.UNSEALED]
    write("the first with a seal", person_id=NIALL)
    assert "1 chains" in verify()[0].what
    checkpoints.make(at=clock.now())
    assert verify() == [] and examine().older == 10


@pytest.mark.parametrize("chain, number", [(NIALL, 6), (AOIFE, 5)])
def test_an_older_entry_that_was_changed_is_found(older, chain, number):
    """Not which of them: at the first seal behind them, or at the checkpoint."""
    write("the first with a seal", person_id=NIALL)
    checkpoints.make(at=clock.now())
    tamper(update(AuditEntry.__table__).where(here(chain, 3)).values(what="nothing"))
    assert [(fault.chain, fault.number) for fault in verify()] == [(chain, number)]


# --- keys ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def keys_at(app, tmp_path):
    yield lambda given="": keys.are_at(str(tmp_path), given) or tmp_path / keys.FILE
    keys.are_at(app.config["CASEAPP_DATA"])


def test_the_keys_are_made_once_for_their_owner_only(keys_at):
    file = keys_at()
    first = keys.sealing_keys().current
    assert file.stat().st_mode & 0o777 == 0o600 and first not in file.read_text()
    keys_at()
    assert keys.sealing_keys().current == first


def test_another_key_seals_what_comes_after_and_both_verify(keys_at, db_session):
    keys_at()
    write("before", person_id=NIALL)
    new = keys.renew()
    write("after", person_id=NIALL)
    assert [row["key_id"] == new for row in rows(NIALL)] == [False, True]
    assert verify() == []


def test_a_key_that_is_not_here_is_said_once_not_taken_for_tampering(keys_at, db_session):
    for number in range(3):
        write(f"look {number}", person_id=NIALL)
    tamper(update(AuditEntry.__table__).values(key_id="elsewhere"))
    assert [(fault.kind, fault.number) for fault in verify()] == [(FaultKind.UNKNOWN_KEY, 1)]


@pytest.mark.parametrize("given", ["ab", "not hexadecimal", "ab" * 31])
def test_no_entry_is_written_with_a_key_that_is_none(keys_at, db_session, given):
    keys_at(given)
    with pytest.raises(audit.NotWritten) as refused:
        write("a look", person_id=NIALL)
    assert isinstance(refused.value.__cause__, keys.NoKey)
    db.session.rollback()
    with pytest.raises(keys.NoKey):
        keys.renew()
