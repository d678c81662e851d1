"""`flask --app app db …`."""


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
