"""`flask --app app import-caseload FILE`: what the page for line managers does, for large sheets and for operators."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from caseapp import clock, protocols
from caseapp.errors import NotAllowed, NotVisible, RuleBroken, Stale
from caseapp.queries import accounts, settings
from caseapp.services import imports, infected_files, virus_scan
from caseapp.services.imports_questions import NOBODY
from caseapp.sheets import fold_name

KINDS = {"agency": "--agency-is", "domain": "--domain-is", "worker": "--worker-is"}


@click.command("import-caseload")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--agency", required=True, help="Name of the agency that leads the cases.")
@click.option("--as", "email", required=True, help="E-mail address of its line manager, who then did it.")
@click.option("--protocol", help="Key of the procedure that new cases follow; else the agency’s own setting.")
@click.option(
    "--agency-is", multiple=True, metavar="TEXT=NAME", help="An agency of the sheet is this one of ours."
)
@click.option(
    "--leave-open", multiple=True, metavar="TEXT", help="Leave the owner open where the sheet says this."
)
@click.option(
    "--domain-is", multiple=True, metavar="TEXT=KEY", help="A domain or goal belongs to this part of life."
)
@click.option(
    "--worker-is", multiple=True, metavar="TEXT=NAME", help="A worker of the sheet is this one of ours."
)
@click.option("--without-errors", is_flag=True, help="Import although rows have errors; those are left out.")
@click.option("--confirm", is_flag=True, help="Write it. Without this nothing is written.")
@with_appcontext
def import_caseload(
    file, agency, email, protocol, agency_is, leave_open, domain_is, worker_is, without_errors, confirm
):
    """Say row by row what importing FILE would do; with --confirm do it, all at once or not at all."""
    actor, now, data = _manager(agency, email), clock.now(), file.read_bytes()
    _refuse_infected(data, actor, now)
    try:
        key = protocol or settings.value(actor.agency_id, "protocol")
        protocols.get(key)
        batch_id = imports.upload(
            actor=actor,
            at=now,
            file_name=file.name,
            data=data,
            protocol_key=key,
            most_rows=None,
        )
        try:
            _import(
                batch_id, actor, now, agency_is, leave_open, domain_is, worker_is, without_errors, confirm
            )
        finally:
            _drop(batch_id, actor, now)
    except LookupError as why:
        raise click.ClickException(str(why).strip("'\"")) from None
    except RuleBroken as why:
        raise click.ClickException(f"{why} Nothing was written.") from None
    except Stale:
        raise click.ClickException(
            "Something changed meanwhile. Run it again. Nothing was written."
        ) from None
    except (NotAllowed, NotVisible):
        raise click.ClickException("Only a line manager imports. Nothing was written.") from None


def _refuse_infected(data, actor, now):
    """As the page does, where a scanner is set."""
    url = current_app.config["CLAMD_URL"]
    if not url:
        return
    try:
        virus = virus_scan.found_in(data, url)
    except virus_scan.NotScanned as why:
        raise click.ClickException(
            f"The file could not be looked through for viruses ({why}). Nothing was written."
        ) from None
    if virus:
        infected_files.refused(actor=actor, at=now, data=data, virus=virus)
        raise click.ClickException("A virus was found in this file. Nothing was written.")


def _import(batch_id, actor, now, agency_is, leave_open, domain_is, worker_is, without_errors, confirm):
    plan = imports.preview(batch_id, actor=actor, at=now)
    said = [("agency", text, NOBODY) for text in leave_open]
    for kind, pairs in (("agency", agency_is), ("domain", domain_is), ("worker", worker_is)):
        said += [_pair(kind, pair) for pair in pairs]
    while said:  # an answer about the lead agency can bring further questions
        answers, said, left = {}, [], said
        for kind, text, name in left:
            question = _question(plan, kind, text)
            if question is None:
                said.append((kind, text, name))
            else:
                answers.setdefault(kind, {})[question.key] = _value(question, name)
        if not answers:
            click.echo("Not asked for: " + ", ".join(f"{KINDS[kind]} “{text}”" for kind, text, _ in said))
            break
        imports.choose(batch_id, actor=actor, at=now, answers=answers)
        plan = imports.preview(batch_id, actor=actor, at=now)
    for row in plan.rows:
        where = f" [{row.column}]" if row.column else ""
        click.echo(f"row {row.number}{where}: {row.person or '-'}: {row.text}")
    for question in plan.questions:
        if question.answer is None:
            maybe = [label for value, label in question.options if value in question.suggested]
            hint = f" (perhaps {maybe[0]})" if maybe else ""
            click.echo(f'? {KINDS[question.kind]} "{question.text}=…"{hint}')
    click.echo(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in plan.counts.items()))
    if not confirm:
        click.echo("Nothing was written. Add --confirm to write it.")
    elif plan.changes or plan.open_questions:
        imports.confirm(batch_id, actor=actor, at=clock.now(), seen=plan.print, without_errors=without_errors)
        click.echo("Imported.")
    else:
        click.echo("Everything is here already. Nothing was changed.")


def _drop(batch_id, actor, now):
    """What was only looked at is not kept."""
    try:
        imports.drop(batch_id, actor=actor, at=now)
    except RuleBroken:
        return


def _manager(agency, email):
    account = accounts.credentials(email)
    actor = account and account.live and accounts.viewer_for(account.user_id)
    if not actor or not actor.manages or fold_name(actor.agency_name) != fold_name(agency):
        raise click.ClickException(f"{email} is no line manager of {agency}.")
    return actor


def _pair(kind, pair):
    text, equals, name = pair.partition("=")
    if not equals:
        raise click.ClickException(f'Write {KINDS[kind]} as "text=name", not "{pair}".')
    return kind, text, name


def _question(plan, kind, text):
    wanted = fold_name(text)
    return next((q for q in plan.questions if q.kind == kind and fold_name(q.text) == wanted), None)


def _value(question, name):
    if name == NOBODY:
        return NOBODY
    wanted = fold_name(name)
    found = [value for value, label in question.options if wanted in (fold_name(label), fold_name(value))]
    if len(found) != 1:
        raise click.ClickException(
            f"“{name}” is none of: {', '.join(label for _, label in question.options)}."
        )
    return found[0]
