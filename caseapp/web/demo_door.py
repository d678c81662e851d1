"""The accounts that the sign-in page of a demo lists, so that anybody can try each role. Never in production."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

from caseapp.queries import accounts as reads
from caseapp.queries.accounts import DemoAccount
from caseapp.vocabulary import Role

#: Written by `flask world load` beside the database: [{"email": …, "password": …}, …].
FILE = "world-accounts.json"

#: How many are shown before the rest is folded away.
FIRST = 9


@dataclass(frozen=True, slots=True)
class DemoDoor:
    rows: list[DemoAccount] = field(default_factory=list)
    #: Those beyond the first few, folded away.
    more: list[DemoAccount] = field(default_factory=list)
    #: Where each lands, by e-mail address.
    lands: dict[str, str] = field(default_factory=dict)
    #: The password that all of them share, if they do and it is known here.
    password: str = ""


def accounts() -> DemoDoor:
    """What to list; nothing in production and nothing where no demo world was loaded."""
    if current_app.config["PRODUCTION"] or not current_app.config["ALLOW_DEMO"]:
        return DemoDoor()
    rows = reads.demo_accounts()
    if not rows:
        return DemoDoor()
    listed = _listed()
    order = {account["email"]: at for at, account in enumerate(listed)}
    rows = sorted(rows, key=lambda row: order.get(row.email, len(order)))
    passwords = {account["password"] for account in listed}
    return DemoDoor(
        rows[:FIRST],
        rows[FIRST:],
        {row.email: _lands(row) for row in rows},
        passwords.pop() if len(passwords) == 1 else "",
    )


def _lands(account):
    """In words, where navigation.landing leads this account."""
    if account.roles & Role.LINE_MANAGER:
        return "My team"
    if account.roles & Role.WORKER:
        return "My caseload" if account.leads_cases else "Our actions"
    if account.roles & Role.AGENCY_ADMIN:
        return "Staff and settings"
    if account.roles & Role.SYSTEM_ADMIN:
        return "Agencies"
    if account.roles & (Role.COORDINATOR | Role.NATIONAL_COORDINATOR):
        return "Triage"
    return "Privacy" if account.roles & Role.PRIVACY_OFFICER else "Directory"


def _listed() -> list[dict]:
    """The accounts in the order of the world file, which names one of each role first."""
    try:
        listed = json.loads((Path(current_app.config["CASEAPP_DATA"]) / FILE).read_text(encoding="utf-8"))
        return [{"email": account["email"], "password": account["password"]} for account in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return []
