"""No file with people in it leaves a browser that somebody else may have found open (ASVS 7.5.3; design: security, 2b).

Every route that gives a file wants the proof of the last ten minutes, or stands in the reviewed list below with the
reason why not; a new one fails until it does either. Prints are paper for a table where people sit: each shows one record
that is on the screen anyway, and is noted as printed; they stand in a list of their own, so that a new one is judged.
"""

import ast
import inspect
import re
import textwrap

import pytest

FILES = re.compile(r"\.(csv|xlsx|pdf|zip|ics)\b|any\(csv|/export|/pack")
PAPER = re.compile(r"/print(/|$)|/copy$|/minutes/person$")
GIVES_A_FILE = {"EXPORTED", "csv_answer", "file_answer"}

NOBODY_IN_IT = {
    "meetings.calendar": "a calendar entry: when and where, never about whom",
    "triage.export_register": "the register as published to every agency: no person is in it",
    "triage.export_quarterly": "counts, small ones left out",
    "privacy.year_csv": "counts of a year",
    "privacy.year_xlsx": "counts of a year",
    "procedures.export": "the agency's own procedures",
    "procedures.export_my_reading": "what one has read oneself",
    "reading.figures_csv": "counts by chapter",
    "reading.export": "a page that offers files",
}
ON_PAPER = {
    "cases.print_audit", "consent.copy", "consent.print_disclosures", "escalations.print_one", "home.print_our_actions",
    "meetings.persons_minutes", "meetings.print_agenda", "meetings.print_minutes", "plan.print_part", "plan.print_person",
    "plan.print_plan", "procedures.print_chapter", "reading.evidence_print", "reading.record_print",
    "transfers.print_handover", "triage.print_sitting",
}  # fmt: skip


def routes(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield str(rule), rule.endpoint, app.view_functions[rule.endpoint]


def gives_a_file(view) -> bool:
    """Whether the view itself, or a function of its module that it calls, hands out a file."""
    view = inspect.unwrap(view)
    module = inspect.getmodule(view)
    if not module.__name__.startswith("caseapp.blueprints"):
        return False
    seen, ahead = set(), [view]
    while ahead:
        one = ahead.pop()
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one))))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        if names & GIVES_A_FILE:
            return True
        for name in names - seen:
            seen.add(name)
            called = vars(module).get(name)
            if inspect.isfunction(called) and called.__module__ == module.__name__ and called is not view:
                ahead.append(inspect.unwrap(called))
    return False


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    from caseapp import create_app

    return create_app(
        {
            "SECRET_KEY": "only for tests",
            "CASEAPP_DATA": str(tmp_path_factory.mktemp("plain")),
            "DATABASE_URL": "sqlite://",
        }
    )


def test_every_file_with_people_in_it_wants_the_proof_of_the_last_ten_minutes(plain):
    bare = sorted(
        f"{rule} ({endpoint})"
        for rule, endpoint, view in routes(plain)
        if (FILES.search(rule) or gives_a_file(view))
        and not getattr(view, "proven", False)
        and endpoint not in NOBODY_IN_IT
        and endpoint not in ON_PAPER
    )
    assert not bare, bare


def test_every_print_is_proven_or_was_judged(plain):
    bare = sorted(
        f"{rule} ({endpoint})"
        for rule, endpoint, view in routes(plain)
        if PAPER.search(rule) and not getattr(view, "proven", False) and endpoint not in ON_PAPER
    )
    assert not bare, bare


def test_the_reviewed_lists_name_nothing_that_is_gone(plain):
    known = {endpoint for _rule, endpoint, _view in routes(plain)}
    assert not {*NOBODY_IN_IT, *ON_PAPER} - known


def test_the_walk_finds_the_files_that_we_know(plain):
    found = {endpoint for _rule, endpoint, view in routes(plain) if gives_a_file(view)}
    assert {
        "home.export_caseload",
        "cases.audit_csv",
        "triage.export_register",
        "reading.evidence_pdf",
    } <= found


def test_asking_for_one_with_an_old_proof_leads_to_the_proof(as_, db_session):
    from datetime import timedelta

    from sqlalchemy import update

    from caseapp import clock
    from caseapp.models import UserSession

    browsers = {name: as_(name) for name in ("orla", "declan", "sinead")}
    db_session.execute(update(UserSession).values(proved_at=clock.now() - timedelta(minutes=11)))
    db_session.commit()
    for name, path in (
        ("orla", "/caseload.csv"),
        ("orla", "/our-actions.csv"),
        ("orla", "/cases/41729304/audit.csv"),
        ("orla", "/meetings.csv"),
        ("orla", "/gaps-and-blocks.csv"),
        ("declan", "/team.csv"),
        ("declan", "/meetings/followup.csv"),
        ("declan", "/grievances.csv"),
        ("declan", "/reading/evidence.csv"),
        ("sinead", "/triage.csv"),
    ):
        assert browsers[name].get(path).location.startswith("/prove?next="), path
