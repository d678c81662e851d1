"""`flask --app app db …`."""

import sqlite3
import stat
from contextlib import closing


def test_current_says_where_the_database_stands(app):
    result = app.test_cli_runner().invoke(args=["db", "current"])
    assert result.exit_code == 0
    assert "the newest is" in result.output


def test_upgrade_twice_changes_nothing(app):
    runner = app.test_cli_runner()
    first, second = (runner.invoke(args=["db", "upgrade"]) for _ in range(2))
    assert (first.exit_code, first.output) == (second.exit_code, second.output) == (0, first.output)


def test_downgrade_asks_before_anything_is_lost(app):
    result = app.test_cli_runner().invoke(args=["db", "downgrade", "base"], input="n\n")
    assert result.exit_code == 1
    assert app.test_cli_runner().invoke(args=["db", "current"]).exit_code == 0


def test_a_backup_is_whole_private_and_overwrites_nothing(app, database, tmp_path):
    target = tmp_path / "copy.sqlite"
    runner = app.test_cli_runner()
    result = runner.invoke(args=["db", "backup", str(target)])
    if database.kind == "postgresql":
        assert "pg_dump" in result.output
        assert not target.exists()
        return
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)
    assert list(tmp_path.iterdir()) == [target]
    assert "never overwrites" in runner.invoke(args=["db", "backup", str(target)]).output
