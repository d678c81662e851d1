"""Backup while people write, and restore: every row as it was, nobody signed in, nothing sent twice (section Proof)."""

import contextlib
import json
import sqlite3
import stat
import threading
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from caseapp import clock, migrate
from caseapp.cli import backup_file
from caseapp.extensions import db
from caseapp.models import AuditEntry, CaseNote, OneTimeLink, OutboxMessage
from caseapp.services import case_notes
from caseapp.vocabulary import LinkKind, NoteKind
from tests.databases import plain_engine


def digests(url):
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return backup_file.sqlite_digests(connection)
    return backup_file.postgresql_digests(url)


def made(database, target):
    return backup_file.make(database.url, target, at=clock.now())


@pytest.fixture
def peopled(world, as_, database, db_session):
    """The standing world with a session, a link and a mail that wait."""
    as_("orla").get(f"/cases/{world.reference}")
    db_session.add_all(
        [
            OneTimeLink(
                token_hash="a" * 64,
                user_id=world.orla.user_id,
                kind=LinkKind.RESET,
                created_at=clock.now(),
                expires_at=clock.now() + timedelta(hours=1),
            ),
            OutboxMessage(
                dedupe="one",
                to_address="orla@canal.example",
                subject="News",
                body="https://care.example/password/set/secret",
                created_at=clock.now(),
                due_at=clock.now(),
            ),
        ]
    )
    db_session.commit()
    db_session.remove()
    return world


def test_a_restored_database_is_row_for_row_the_one_that_was_backed_up(
    peopled, database, another_database, tmp_path
):
    manifest = made(database, tmp_path / "b.zip")
    before = digests(database.url)
    assert {name: list(one) for name, one in manifest["tables"].items()} == {
        name: list(one) for name, one in before.items()
    }
    backup_file.restore(another_database, tmp_path / "b.zip", at=clock.now())
    after = digests(another_database)
    assert after.keys() == before.keys()
    differ = {name for name in before if list(before[name]) != list(after[name])}
    assert differ == {"user_session", "one_time_link", "outbox_message"}, "only what a restore shuts differs"
    assert {name: one[0] for name, one in before.items()} == {name: one[0] for name, one in after.items()}


def test_old_sessions_links_and_mail_are_dead_after_a_restore(peopled, app, as_, database, tmp_path):
    world = peopled
    client = as_("orla")
    assert client.get(f"/cases/{world.reference}").status_code == 200
    db.session.remove()
    made(database, tmp_path / "b.zip")
    result = _restore(app, database, tmp_path / "b.zip")
    assert result.exit_code == 0, result.output
    assert "Nobody is signed in" in result.output
    answer = client.get(f"/cases/{world.reference}")
    assert answer.status_code == 303 and "/sign-in" in answer.location
    assert db.session.scalars(text("SELECT count(*) FROM user_session WHERE ended_at IS NULL")).one() == 0
    assert db.session.scalars(text("SELECT count(*) FROM one_time_link WHERE used_at IS NULL")).one() == 0
    mail = db.session.scalars(select(OutboxMessage)).one()
    assert mail.dead_at is not None and "secret" not in mail.body
    said = db.session.scalars(select(AuditEntry.what).where(AuditEntry.what.startswith("restored"))).all()
    assert len(said) == 1, "the access record says that it was set back"


def _restore(app, database, file, *more):
    db.session.remove()
    db.engine.dispose()
    result = app.test_cli_runner().invoke(args=["restore", str(file), "--replace", "--yes", *more])
    db.session.remove()
    db.engine.dispose()
    return result


def test_triggers_stand_after_a_restore(peopled, app, database, tmp_path):
    made(database, tmp_path / "b.zip")
    assert _restore(app, database, tmp_path / "b.zip").exit_code == 0
    with (
        plain_engine(database.url) as engine,
        engine.connect() as connection,
        pytest.raises(DBAPIError, match="append-only"),
    ):
        connection.execute(text("DELETE FROM audit_entry"))


def test_a_restore_refuses_a_database_with_records_in_it(peopled, app, database, tmp_path):
    made(database, tmp_path / "b.zip")
    before = digests(database.url)
    db.session.remove()
    result = app.test_cli_runner().invoke(args=["restore", str(tmp_path / "b.zip")])
    assert result.exit_code == 1 and "holds records" in result.output
    assert digests(database.url) == before


def test_a_backup_is_private_and_overwrites_nothing(peopled, app, database, tmp_path):
    target = tmp_path / "b.zip"
    result = app.test_cli_runner().invoke(args=["backup", str(target)])
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target], "nothing else is left lying"
    again = app.test_cli_runner().invoke(args=["backup", str(target)])
    assert again.exit_code == 1 and "never overwrites" in again.output


def test_neither_keys_nor_settings_are_in_a_backup(peopled, app, database, tmp_path):
    made(database, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as book:
        whole = b"".join(book.read(name) for name in book.namelist())
        names = set(book.namelist())
    assert app.config["SECRET_KEY"].encode() not in whole
    from caseapp.services.audit import keys

    for key in keys.sealing_keys().known.values():
        assert key.hex().encode() not in whole and key not in whole
    assert all(name in {"manifest.json", "database.sqlite"} or name.startswith("tables/") for name in names)


@pytest.mark.parametrize("harm", ["cut", "row", "no zip", "newer", "other"])
def test_a_damaged_or_foreign_backup_changes_nothing(peopled, app, database, tmp_path, harm):
    file, bad = tmp_path / "b.zip", tmp_path / "bad.zip"
    made(database, file)
    before = digests(database.url)
    if harm == "cut":
        bad.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif harm == "no zip":
        bad.write_text("SELECT 1")
    else:
        with zipfile.ZipFile(file) as book, zipfile.ZipFile(bad, "w") as out:
            for name in book.namelist():
                data = book.read(name)
                if name == "manifest.json":
                    manifest = json.loads(data)
                    manifest["head"] = "9999" if harm == "newer" else manifest["head"]
                    manifest["database"] = "oracle" if harm == "other" else manifest["database"]
                    data = json.dumps(manifest).encode()
                elif harm == "row":
                    data = data.replace(b"Niall", b"Nobby")
                out.writestr(name, data)
    result = _restore(app, database, bad)
    assert result.exit_code == 1, result.output
    assert digests(database.url) == before


def test_an_older_backup_comes_back_at_its_own_step(database, blank_database, tmp_path):
    url = database.blank("older")
    try:
        migrate.upgrade(url, "0005")
        backup_file.make(url, tmp_path / "b.zip", at=clock.now())
        backup_file.restore(blank_database, tmp_path / "b.zip", at=clock.now())
        assert migrate.current(blank_database) == "0005"
        migrate.upgrade(blank_database)
        assert migrate.current(blank_database) == migrate.head()
    finally:
        database.drop("older")


def test_a_backup_under_write_load_is_of_one_moment(peopled, app, database, another_database, tmp_path):
    """Each note is written with its line of the timeline, its audit entry and its news; a copy that holds a note without
    the others, or others without it, is torn."""
    world = peopled
    stop, written, errors = threading.Event(), [], []

    def write(who):
        with app.app_context():
            viewer = world.viewers[who]
            try:
                while not stop.is_set():
                    number = len(written)
                    case_notes.write(
                        world.case_for(viewer),
                        actor=viewer,
                        at=clock.now(),
                        kind=NoteKind.CONTACT,
                        happened_at=clock.now(),
                        text=f"Under load {who} {number}",
                    )
                    written.append(number)
            except Exception as error:
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write, args=(who,)) for who in ("orla", "declan")]
    for thread in threads:
        thread.start()
    try:
        while len(written) < 20 and not errors:
            stop.wait(0.01)
        for number in range(3):
            made(database, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert not errors, errors
    backup_file.restore(another_database, tmp_path / "2.zip", at=clock.now())
    with plain_engine(another_database) as engine, engine.connect() as connection:
        count = connection.execute(
            text("SELECT count(*) FROM case_note WHERE text LIKE 'Under load%'")
        ).scalar()
        events = connection.execute(text("SELECT count(*) FROM event WHERE kind = 'note'")).scalar()
        entries = connection.execute(
            text("SELECT count(*) FROM audit_entry WHERE act = 'changed' AND what LIKE 'note written%'")
        ).scalar()
    assert 20 <= count <= len(written)
    assert (events, entries) == (count, count)
    assert len({one[0] for one in db.session.execute(select(CaseNote.id))}) >= count
