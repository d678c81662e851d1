"""`flask --app app audit …` and `db grants`: what operators see of the record (X-13)."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, delete, select, text, update
from sqlalchemy.exc import ProgrammingError

from caseapp import clock, create_app
from caseapp.extensions import db
from caseapp.models import AuditCheckpoint, AuditEntry, AuditHead, CaseNote
from caseapp.services.audit import checkpoints
from caseapp.services.audit.verify import verify
from tests.test_audit_chains import NIALL, here, tamper, write
from tests.world import build, sign_in

TABLE = AuditEntry.__table__


@pytest.fixture
def flask(app, db_session):
    def run(*words, **more):
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["audit", *words], **more)

    return run


def test_the_line_of_a_checkpoint_is_printed_again_until_something_is_written(flask):
    assert "Nothing has been written" in flask("checkpoint").output
    write("a look", person_id=NIALL)
    first = flask("checkpoint").output
    assert first.startswith("caseapp-audit 1 ") and "chains=1 entries=1 key=" in first
    assert flask("checkpoint").output == first
    write("another", person_id=NIALL)
    assert flask("checkpoint").output.startswith("caseapp-audit 2 ")
    assert flask("verify", "--checkpoint", first.strip()).exit_code == 0


def test_verify_says_that_it_is_whole_or_where_it_is_not_and_ends_with_1(flask):
    for number in range(5):
        write(f"look {number}", person_id=NIALL)
    whole = flask("verify")
    assert (whole.exit_code, whole.output.count("\n")) == (0, 1)
    assert "5 entries in 1 chains, 0 checkpoints: whole; 5 came after the last checkpoint" in whole.output
    tamper(update(TABLE).where(here(NIALL, 2)).values(what="nothing"))
    broken = flask("verify")
    assert broken.exit_code == 1
    assert f"changed: chain {NIALL}, number 2: changed: it does not say what was sealed" in broken.output
    assert "1 faults" in broken.output and "nothing" not in broken.output, "never what the entry says"


def test_a_checkpoint_tells_of_a_chain_that_became_shorter(flask):
    for number in range(5):
        write(f"look {number}", person_id=NIALL)
    flask("checkpoint")
    tamper(delete(TABLE).where(TABLE.c.number > 3))
    said = flask("checkpoint")
    assert said.exit_code == 1 and "1 chains are shorter" in said.output


def test_a_line_that_is_none_and_a_day_that_is_none_are_said_to_be_so(flask):
    assert "not the line of a checkpoint" in flask("verify", "--checkpoint", "nonsense").output
    assert flask("verify", "--since", "yesterday").exit_code == 2
    assert flask("verify", "--since", "2026-11-01").exit_code == 0


def test_a_new_key_asks_first(flask):
    assert flask("new-key", input="n\n").exit_code == 1
    write("before", person_id=NIALL)
    assert "sealed with key" in flask("new-key", input="y\n").output
    write("after", person_id=NIALL)
    assert verify() == []


def reminded(app, at):
    with clock.standing_at(at):
        return app.test_cli_runner().invoke(args=["reminders"])


def test_the_timer_makes_a_checkpoint_every_ten_minutes_and_keeps_its_lines_in_the_operators_file(
    app, db_session, tmp_path, monkeypatch
):
    """What is cut off between two of them is all that can be cut unseen, once the lines are elsewhere."""
    file = tmp_path / "lines.log"
    monkeypatch.setitem(app.config, "AUDIT_CHECKPOINTS", str(file))
    begun = clock.now()
    write("a look", person_id=NIALL)
    said = reminded(app, begun).output
    assert "audit checkpoint: caseapp-audit 1 " in said
    write("another", person_id=NIALL)
    assert "audit checkpoint: made at " in reminded(app, begun + timedelta(minutes=9)).output
    assert "audit checkpoint: caseapp-audit 2 " in reminded(app, begun + timedelta(minutes=10)).output
    assert "audit checkpoint: nothing new" in reminded(app, begun + timedelta(minutes=20)).output
    monkeypatch.setitem(app.config, "AUDIT_CHECKPOINT_MINUTES", 3)
    write("a third", person_id=NIALL)
    assert "caseapp-audit 3 " in reminded(app, begun + timedelta(minutes=23)).output
    lines = file.read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["1", "2", "3"]
    assert lines[2] in said + reminded(app, begun).output + lines[2]
    db.session.rollback()
    assert checkpoints.last().line == lines[2]


def test_a_tail_that_was_cut_with_its_checkpoints_is_missed_by_the_lines(flask, app, tmp_path):
    """Whoever owns the database cuts off what they did, and the checkpoints that saw it; the lines say since when."""
    for number in range(3):
        write(f"look {number}", person_id=NIALL)
        flask("checkpoint", "--quick")
    db.session.rollback()
    log = tmp_path / "from the log server"
    found = db.session.scalars(select(AuditCheckpoint.number).order_by(AuditCheckpoint.number)).all()
    assert found == [1, 2, 3]
    lines = [flask("checkpoint").output]
    db.session.rollback()
    log.write_text(
        "Nov 22 10:00:01 host other[7]: hello\nNov 22 10:10:01 host caseapp[1]: audit checkpoint: " + lines[0]
    )
    assert flask("verify", "--checkpoints", str(log)).exit_code == 0
    tamper(
        delete(AuditHead.__table__).where(AuditHead.checkpoint == 3),
        delete(AuditCheckpoint.__table__).where(AuditCheckpoint.number == 3),
        delete(TABLE).where(here(NIALL, 3)),
    )
    assert flask("verify").exit_code == 0, "in itself it is whole"
    cut = flask("verify", "--checkpoints", str(log))
    assert cut.exit_code == 1
    assert "checkpoint 3" in cut.output and "gone, though its line was kept; it was made at 20" in cut.output
    assert flask("verify", "--checkpoints", "-", input=log.read_text()).exit_code == 1
    log.write_text("nothing of it is left\n")
    emptied = flask("verify", "--checkpoints", str(log))
    assert emptied.exit_code == 1 and "no line of a checkpoint is in this file" in emptied.output


def test_a_file_that_cannot_be_written_fails_the_duty_and_not_the_checkpoint(
    app, db_session, flask, tmp_path, monkeypatch
):
    monkeypatch.setitem(app.config, "AUDIT_CHECKPOINTS", str(tmp_path / "no such folder" / "lines"))
    write("a look", person_id=NIALL)
    said = reminded(app, clock.now())
    assert said.exit_code == 1 and "audit checkpoint: failed: FileNotFoundError" in said.output
    db_session.rollback()
    assert checkpoints.last().number == 1
    write("another", person_id=NIALL)
    refused = flask("checkpoint")
    assert (
        refused.exit_code == 1
        and "caseapp-audit 2 " in refused.output
        and "Keep it by hand" in refused.output
    )


def test_the_duty_fails_once_a_chain_is_shorter_than_it_was_seen(app, db_session):
    for number in range(4):
        write(f"look {number}", person_id=NIALL)
    begun = clock.now()
    reminded(app, begun)
    tamper(delete(TABLE).where(here(NIALL, 4)))
    said = reminded(app, begun + timedelta(minutes=11))
    assert said.exit_code == 1 and "audit checkpoint: failed: ChainsCutShort" in said.output


def test_the_applications_role_works_with_everything_and_cannot_change_what_is_only_added_to(
    database, another_database, tmp_path
):
    """On the real PostgreSQL: the role reads pages and writes notes, and is refused by the database itself."""

    def application(url):
        return create_app(
            {
                "TESTING": True,
                "CASEAPP_ENV": "test",
                "DATABASE_URL": url,
                "CASEAPP_DATA": str(tmp_path),
                "SECRET_KEY": "only for tests",
            }
        )

    owner = application(another_database)
    if database.kind != "postgresql":
        said = owner.test_cli_runner().invoke(args=["db", "grants", "caseapp_app"])
        assert said.exit_code == 1 and "SQLite has no roles" in said.output
        return
    engine = create_engine(another_database, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text("CREATE ROLE caseapp_app LOGIN"))
        said = owner.test_cli_runner().invoke(args=["db", "grants", "caseapp_app"])
        assert said.exit_code == 0, said.output
        for table in (
            "audit_entry",
            "audit_checkpoint",
            "audit_head",
            "reading_confirmation",
            "reading_receipt",
        ):
            assert f"REVOKE UPDATE, DELETE ON {table} FROM caseapp_app" in said.output
        assert "REVOKE UPDATE ON escalation_step FROM" in said.output.replace("UPDATE, DELETE", "UPDATE")
        with owner.app_context():
            world = build()
            db.session.remove()
            db.engine.dispose()
        _works_and_is_refused(application(another_database.replace("postgres@", "caseapp_app@")), world)
    finally:
        with engine.connect() as connection:
            connection.execute(text("DROP OWNED BY caseapp_app"))
            connection.execute(text("DROP ROLE caseapp_app"))
        engine.dispose()


def _works_and_is_refused(app, world):
    browser = app.test_client()
    with app.app_context():
        sign_in(browser, world.orla)
        db.session.remove()
        for page in ("", "/plan", "/notes", "/timeline", "/audit"):
            assert browser.get(f"/cases/{world.reference}{page}").status_code == 200, page
        from caseapp.services import case_notes
        from caseapp.vocabulary import NoteKind

        case_notes.write(
            world.case_for(world.orla),
            actor=world.orla,
            at=clock.now(),
            kind=NoteKind.CONTACT,
            text="By phone",
        )
        assert db.session.query(CaseNote).count() >= 1
        assert checkpoints.make(at=clock.now()).number == 1
        assert verify() == []
        db.session.rollback()
        for statement in (
            "UPDATE audit_entry SET what = 'nothing'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "UPDATE audit_checkpoint SET entries = 0",
            "DELETE FROM audit_head",
            "ALTER TABLE audit_entry DISABLE TRIGGER USER",
            "DROP TABLE audit_head",
            "SET session_replication_role = replica",
            "UPDATE escalation_step SET at = at",
            "DELETE FROM reading_confirmation",
            "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                db.session.execute(text(statement))
                pytest.fail(f"it was done: {statement}")
            db.session.rollback()
        db.session.remove()
        db.engine.dispose()
