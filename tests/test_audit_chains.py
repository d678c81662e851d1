"""Nobody edits the audit record unseen (X-13): whoever owns the database and takes its locks away is found out, and it is
said where."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from caseapp import clock
from caseapp.extensions import db
from caseapp.models import AuditCheckpoint, AuditEntry, AuditHead
from caseapp.services import audit
from caseapp.services.audit import checkpoints, seals
from caseapp.services.audit.faults import FaultKind
from caseapp.services.audit.verify import examine, verify
from caseapp.vocabulary import AuditAct
from tests.test_hostile_stored import unlocked

TABLE = AuditEntry.__table__
NIALL, AOIFE = 4_400_001, 4_400_002


@pytest.fixture
def chains(app, db_session):
    """Two people's chains of ten entries each, and one of an account."""
    for number in range(10):
        for person in (NIALL, AOIFE):
            write(f"look {number}", person_id=person)
    write("something about nobody")
    return db_session


def write(what, *, at=None, user=None, **about):
    entry = audit.entry(None, AuditAct.READ, what, at=at or clock.now(), **about)
    audit.write([entry | {"user_id": user}])
    db.session.commit()


def tamper(*statements):
    """As whoever owns the database would."""
    with unlocked():
        for statement in statements:
            db.session.execute(statement)
    db.session.commit()


def here(chain, number):
    return (TABLE.c.chain == chain) & (TABLE.c.number == number)


def rows(chain):
    return [
        dict(row)
        for row in db.session.execute(
            select(TABLE).where(TABLE.c.chain == chain).order_by(TABLE.c.number)
        ).mappings()
    ]


def found(**how):
    db.session.rollback()
    return [(fault.kind, fault.chain, fault.number) for fault in verify(**how)]


def test_every_entry_has_its_chain_its_number_and_a_seal(chains):
    assert [row["number"] for row in rows(NIALL)] == list(range(1, 11))
    assert [row["number"] for row in rows(0)] == [1]
    assert all(len(row["seal"]) == 64 and row["key_id"] for row in rows(NIALL) + rows(AOIFE))
    gone_through = examine()
    assert (gone_through.entries, gone_through.chains, gone_through.faults) == (21, 3, [])


@pytest.mark.parametrize(
    "change",
    [
        {"what": "nothing"},
        {"user_name": "Somebody Else"},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"detail": {"cases": [1]}},
        {"address": None, "case_id": 7},
        {"act": AuditAct.CHANGED},
        {"ground": "consent"},
    ],
)
def test_a_changed_entry_is_found_and_placed(chains, change):
    change = {name: "10.0.0.1" if name == "address" else value for name, value in change.items()}
    tamper(update(TABLE).where(here(NIALL, 4)).values(change))
    assert found() == [(FaultKind.CHANGED, NIALL, 4)]


def test_the_last_entry_changed_is_found(chains):
    tamper(update(TABLE).where(here(NIALL, 10)).values(what="nothing"))
    assert found() == [(FaultKind.FORGED, NIALL, 10)]


def test_an_entry_changed_with_its_seal_is_found(chains):
    tamper(update(TABLE).where(here(NIALL, 4)).values(what="nothing", seal="0" * 64))
    assert found() == [(FaultKind.FORGED, NIALL, 4)]


def test_a_deleted_entry_is_found_by_the_gap(chains):
    tamper(delete(TABLE).where(here(NIALL, 4)))
    assert found() == [(FaultKind.MISSING, NIALL, 4)]
    tamper(delete(TABLE).where(TABLE.c.chain == AOIFE, TABLE.c.number < 4))
    assert found() == [(FaultKind.MISSING, NIALL, 4), (FaultKind.MISSING, AOIFE, 1)]


def renumber(chain, numbers, by):
    return [update(TABLE).where(here(chain, n)).values(number=n + by) for n in numbers]


def test_a_deleted_entry_is_found_where_the_others_were_numbered_anew(chains):
    tamper(delete(TABLE).where(here(NIALL, 4)), *renumber(NIALL, range(5, 11), -1))
    assert found() == [(FaultKind.MISSING, NIALL, 4)]


def forged(chain, number):
    row = rows(chain)[2]
    return insert(TABLE).values(row | {"id": 77, "number": number, "what": "a look that never was"})


def test_an_entry_put_in_is_found(chains):
    tamper(*renumber(NIALL, range(10, 3, -1), 1), forged(NIALL, 4))
    assert found() == [(FaultKind.PUT_IN, NIALL, 4)]


def test_an_entry_put_behind_the_last_or_into_a_chain_of_its_own_is_found(chains):
    tamper(forged(NIALL, 11))
    assert found() == [(FaultKind.FORGED, NIALL, 11)]
    tamper(insert(TABLE).values(rows(NIALL)[2] | {"id": 78, "chain": 5, "number": 1}))
    assert found() == [(FaultKind.FORGED, 5, 1), (FaultKind.FORGED, NIALL, 11)]


WORDS = [name for name in seals.FIELDS if name not in ("chain", "number", "id", "key_id")]


def exchange(one, other, names):
    first, second = rows(one[0])[one[1] - 1], rows(other[0])[other[1] - 1]
    away = {"number": 1000} if "number" in names else {}
    if "id" in names:
        away["id"] = 99
    return [
        *([update(TABLE).where(here(*one)).values(away)] if away else []),
        update(TABLE).where(here(*other)).values({name: first[name] for name in names}),
        update(TABLE)
        .where(TABLE.c.id == away.get("id", first["id"]))
        .values({name: second[name] for name in names}),
    ]


@pytest.mark.parametrize(
    "one, other", [((NIALL, 3), (NIALL, 7)), ((NIALL, 3), (AOIFE, 5)), ((NIALL, 3), (NIALL, 4))]
)
@pytest.mark.parametrize("names", [WORDS, [*WORDS, "id"], [*WORDS, "seal"], ["chain", "number"]])
def test_two_entries_exchanged_are_found_also_between_chains(chains, one, other, names):
    tamper(*exchange(one, other, names))
    assert found() == [(FaultKind.SWAPPED, *one), (FaultKind.SWAPPED, *other)]


def test_seals_taken_away_are_found(chains):
    tamper(update(TABLE).where(TABLE.c.chain == NIALL).values(seal="", key_id=""))
    assert found() == [(FaultKind.UNSEALED, None, None)]
    tamper(update(TABLE).where(here(AOIFE, 4)).values(seal="", key_id=""))
    assert (FaultKind.UNSEALED, AOIFE, 4) in found()


# --- checkpoints --------------------------------------------------------------------------------------------------


@pytest.fixture
def sealed(chains):
    made = checkpoints.make(at=clock.now())
    assert (made.number, made.chains, made.entries) == (1, 3, 21)
    return made


def test_a_tail_that_was_cut_off_is_missed_at_the_checkpoint(chains, sealed):
    assert found() == []
    tamper(delete(TABLE).where(TABLE.c.chain == NIALL, TABLE.c.number > 7))
    assert found() == [(FaultKind.CUT, NIALL, 8)]
    assert checkpoints.cut_short() == 1
    tamper(delete(TABLE).where(TABLE.c.chain == AOIFE))
    assert found() == [(FaultKind.CUT, NIALL, 8), (FaultKind.CUT, AOIFE, 1)]


def test_a_chain_that_grew_again_after_it_was_cut_is_found(chains, sealed):
    tamper(delete(TABLE).where(TABLE.c.chain == NIALL, TABLE.c.number > 7))
    for number in range(5):
        write(f"later {number}", person_id=NIALL)
    assert found() == [(FaultKind.FORGED, NIALL, 10)]


def test_the_last_entry_changed_is_known_from_the_checkpoint(chains, sealed):
    tamper(update(TABLE).where(here(NIALL, 10)).values(what="nothing"))
    assert found() == [(FaultKind.CHANGED, NIALL, 10)]


def test_seals_taken_away_behind_a_checkpoint_are_found(chains, sealed):
    tamper(update(TABLE).where(TABLE.c.chain == NIALL).values(seal="", key_id=""))
    assert [(fault[1], fault[2]) for fault in found()] == [(NIALL, 10)]


def test_a_checkpoint_covers_only_what_grew_and_follows_the_one_before(chains, sealed):
    assert checkpoints.make(at=clock.now()) is None
    write("one more", person_id=NIALL)
    assert examine().uncovered == 1
    second = checkpoints.make(at=clock.now())
    assert (second.number, second.entries) == (2, 22)
    heads = db.session.execute(
        select(AuditHead.chain, AuditHead.number).where(AuditHead.checkpoint == 2)
    ).all()
    assert heads == [(NIALL, 11)]
    assert found() == [] and examine().uncovered == 0


def test_a_quick_checkpoint_covers_and_counts_the_same_as_one_that_looks_at_everything(chains, sealed):
    write("one more", person_id=NIALL)
    write("the first about somebody", person_id=AOIFE + 1)
    write("and another", person_id=AOIFE + 1)
    quick = checkpoints.make(at=clock.now(), quick=True)
    assert (quick.number, quick.chains, quick.entries) == (2, 4, 24)
    heads = db.session.execute(
        select(AuditHead.chain, AuditHead.number).where(AuditHead.checkpoint == 2).order_by(AuditHead.chain)
    ).all()
    assert heads == [(NIALL, 11), (AOIFE + 1, 2)]
    assert found() == [] and examine().uncovered == 0
    assert checkpoints.make(at=clock.now(), quick=True) is None
    assert checkpoints.make(at=clock.now()) is None, "nothing was left over"


def test_what_is_dated_long_before_is_covered_by_the_next_that_looks_at_everything(chains, sealed):
    write("from an import", at=datetime(2026, 1, 1, tzinfo=UTC), person_id=AOIFE + 7)
    assert checkpoints.make(at=clock.now(), quick=True) is None
    late = checkpoints.make(at=clock.now())
    assert (late.number, late.chains, late.entries) == (2, 4, 22) and examine().uncovered == 0


def test_a_quick_look_notices_a_chain_that_is_shorter_than_of_late(chains, sealed):
    assert checkpoints.cut_short(quick=True) == 0
    tamper(delete(TABLE).where(TABLE.c.chain == NIALL, TABLE.c.number > 7))
    assert checkpoints.cut_short(quick=True) == checkpoints.cut_short() == 1


def test_a_quick_checkpoint_reads_what_is_new_and_not_the_record(chains, sealed):
    """On SQLite, by the plan: entries by their time, ends and heads by their chain."""
    if db.engine.dialect.name != "sqlite":
        return
    for statement in (checkpoints._GROWN_LATELY, checkpoints._CUT_LATELY):
        sql = str(statement.compile(db.engine))
        count = sql.count("?")
        plan = [
            row[3]
            for row in db.session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + sql, (1,) * count)
        ]
        assert not [line for line in plan if line.startswith(("SCAN audit_entry", "SCAN other"))], plan


def test_several_who_make_a_checkpoint_at_once_leave_a_whole_row_of_them(app, chains, sealed):
    write("one more", person_id=NIALL)
    ready, made = threading.Barrier(4), []

    def make():
        with app.app_context():
            ready.wait(20)
            made.append(checkpoints.make(at=clock.now(), quick=True))
            db.session.remove()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    assert len(made) == 4 and [one.number for one in made if one] == [2]
    assert found() == [] and checkpoints.last().number == 2


def test_a_checkpoint_changed_taken_out_or_emptied_is_found(chains, sealed):
    write("one more", person_id=NIALL)
    checkpoints.make(at=clock.now())
    tamper(update(AuditHead.__table__).where(AuditHead.chain == AOIFE).values(number=9))
    assert (FaultKind.CHECKPOINT, None, 1) in found()
    tamper(update(AuditCheckpoint.__table__).where(AuditCheckpoint.number == 2).values(entries=5))
    assert (FaultKind.CHECKPOINT, None, 2) in found()
    tamper(delete(AuditHead.__table__).where(AuditHead.checkpoint == 2))
    assert [fault[2] for fault in found() if fault[0] is FaultKind.CHECKPOINT].count(2) == 2
    tamper(
        delete(AuditHead.__table__).where(AuditHead.checkpoint == 1),
        delete(AuditCheckpoint.__table__).where(AuditCheckpoint.number == 1),
    )
    assert (FaultKind.CHECKPOINT, None, 1) in found()


def test_the_line_kept_elsewhere_shows_what_was_done_with_the_keys_in_hand(chains, sealed):
    """Whoever has the keys too can write the whole record anew, but not the line that is somewhere else."""
    assert found(checkpoint=sealed.line) == []
    tamper(
        delete(AuditHead.__table__),
        delete(AuditCheckpoint.__table__),
        delete(TABLE).where(TABLE.c.chain == NIALL),
    )
    assert found() == []
    assert found(checkpoint=sealed.line) == [(FaultKind.CHECKPOINT, None, 1)]
    checkpoints.make(at=clock.now())
    assert found() == []
    assert found(checkpoint=sealed.line) == [(FaultKind.CHECKPOINT, None, 1)]
    with pytest.raises(ValueError, match="line of a checkpoint"):
        verify(checkpoint="caseapp-audit one")


def test_only_what_came_after_a_checkpoint_is_looked_at_when_asked_so(chains, sealed):
    day = clock.now() + timedelta(days=1)
    write("one more", person_id=NIALL)
    write("the first about somebody", person_id=AOIFE + 1)
    later = examine(since=day)
    assert (later.entries, later.faults) == (5, []), "the ends of three chains, and what came after"
    tamper(update(TABLE).where(here(NIALL, 3)).values(what="nothing"))
    assert found(since=day) == [] and found() == [(FaultKind.CHANGED, NIALL, 3)]
    tamper(update(TABLE).where(here(NIALL, 11)).values(what="nothing"))
    assert found(since=day) == [(FaultKind.FORGED, NIALL, 11)]
    tamper(delete(TABLE).where(TABLE.c.chain == AOIFE, TABLE.c.number > 6))
    assert (FaultKind.CUT, AOIFE, 1) in found(since=day)


def test_the_checkpoints_are_only_added_to(chains, sealed):
    for table in (AuditCheckpoint.__table__, AuditHead.__table__):
        for statement in (delete(table), update(table).values(seal="x")):
            with pytest.raises(Exception, match="append-only"):
                db.session.execute(statement)
            db.session.rollback()
