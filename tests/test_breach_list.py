"""Passwords that were stolen elsewhere are not taken; the operator's list is searched where it lies (ASVS 6.2.12)."""

import hashlib

import pytest
from sqlalchemy import select, update

from caseapp.models import User
from caseapp.services import breach_list, passwords

STOLEN = "harbour-lantern-otter-42"
FINE = "kettle-violet-under-ladder"


def sha1(password):
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def written(path, words, end="\r\n", counts=True):
    """A list as it is published; its lines have many lengths, as the counts do."""
    hashes = sorted({sha1(word) for word in words})
    lines = [f"{one}:{10 ** (int(one[:2], 16) % 8)}" if counts else one for one in hashes]
    path.write_text(end.join(lines) + end, newline="")
    return str(path)


@pytest.fixture
def list_(tmp_path):
    return written(tmp_path / "list.txt", [STOLEN, "password", *(f"word {n}" for n in range(3000))])


@pytest.mark.parametrize("many", [1, 2, 3, 50, 1000])
@pytest.mark.parametrize(("end", "counts"), [("\r\n", True), ("\n", True), ("\n", False)])
def test_each_line_is_found_and_nothing_else(tmp_path, many, end, counts):
    words = [f"w{n}" for n in range(many)]
    path = written(tmp_path / "l", words, end, counts)
    assert all(breach_list.holds(word, path) for word in words)
    assert not any(breach_list.holds(f"not {word}", path) for word in words)


def test_a_last_line_without_an_end_is_found_too(tmp_path):
    path = tmp_path / "l"
    path.write_text("\n".join(sorted(f"{sha1(w)}:3" for w in ("a", "b", "c"))))
    assert all(breach_list.holds(w, str(path)) for w in ("a", "b", "c"))


def test_only_a_few_short_reads_are_made(list_, monkeypatch):
    reads, real = [], breach_list._line_from
    monkeypatch.setattr(breach_list, "_line_from", lambda file, at: reads.append(at) or real(file, at))
    assert breach_list.holds(STOLEN, list_)
    assert len(reads) < 25


def test_a_stolen_password_is_refused_with_a_sentence_and_others_are_not(list_):
    assert "stolen elsewhere" in passwords.fault(STOLEN, breached=list_)
    assert passwords.fault(FINE, breached=list_) is None
    assert passwords.fault(STOLEN) is None


def test_it_is_refused_where_it_is_chosen(app, as_, list_, db_session, world):
    db_session.execute(
        update(User).where(User.id == world.orla.user_id).values(password_hash=passwords.hashed(FINE))
    )
    client = as_("orla")
    app.config["BREACH_LIST"] = list_
    try:
        typed = {"old": FINE, "new": STOLEN, "again": STOLEN}
        answer = client.submit("/account", "/account/password", **typed)
    finally:
        app.config["BREACH_LIST"] = ""
    assert answer.status_code == 422 and "stolen elsewhere" in answer.text
    kept = db_session.scalar(select(User.password_hash).where(User.id == world.orla.user_id))
    assert passwords.right(kept, FINE)


def test_a_list_that_is_gone_or_none_stops_nobody_and_the_log_says_so(tmp_path, caplog):
    (tmp_path / "none").write_bytes(b"\x00" * 5000)
    for path in (tmp_path / "gone", tmp_path / "none"):
        assert not breach_list.holds(STOLEN, str(path))
    assert caplog.text.count("breach list cannot be used") == 2 and STOLEN not in caplog.text


def test_the_operator_is_told_what_is_wrong_with_a_file(tmp_path, plain_cli, list_):
    good = plain_cli(list_)
    assert (
        good.exit_code == 0
        and "all in form and order" in good.output
        and "It has the password" in good.output
    )
    assert "does not count yet" in good.output
    unsorted = tmp_path / "unsorted"
    unsorted.write_text("".join(f"{sha1(f'x{n}')}:1\n" for n in range(50)))
    (tmp_path / "words").write_text("password\nsecret\n")
    (tmp_path / "empty").write_text("")
    for name, said in (
        ("unsorted", "not sorted"),
        ("words", "begins no line"),
        ("empty", "is empty"),
        ("gone", "No such file"),
    ):
        bad = plain_cli(str(tmp_path / name))
        assert bad.exit_code == 1 and said in bad.output, bad.output


def test_a_named_file_that_is_not_there_stops_the_start(tmp_path):
    from caseapp import create_app

    with pytest.raises(RuntimeError, match="BREACH_LIST"):
        create_app({"BREACH_LIST": str(tmp_path / "gone"), "DATABASE_URL": "sqlite://", "SECRET_KEY": "x"})


@pytest.fixture
def plain_cli(tmp_path):
    from caseapp import create_app

    app = create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "x", "CASEAPP_DATA": str(tmp_path)})
    return lambda path: app.test_cli_runner().invoke(args=["accounts", "breach-list", path])
