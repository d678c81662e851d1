"""What is written on the ladder names nobody: it is read above the agency, and goes on when the case has closed (X-4)."""

import re

from sqlalchemy import select

from caseapp import names
from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.models import Case, Person

_WORD = re.compile(r"[^\W\d_][\w’'-]*")

#: Names that are also words: only written with a capital do they count as the name.
ALSO_WORDS = frozenset(
    "april art bill bob chase dawn drew ember faith frank gene grace guy hope iris ivy jack jade joy june lance mark "
    "may mercy miles pat pearl penny ray rob robin rose ruby sandy skip sky summer sunny terry tommy victor violet "
    "wade will".split()
)


def name_nobody(case_id: int | None, **texts: str) -> None:
    """Refuse texts in which the person of the case is named. Raises RuleBroken beside the field."""
    if case_id is None:
        return
    row = db.session.execute(
        select(Person.given_name, Person.family_name, Person.known_as)
        .join(Case, Case.person_id == Person.id)
        .where(Case.id == case_id)
    ).first()
    if row is None:
        return
    known = {part for name in row if name for part in names.fold(name).split() if len(part) > 2}
    for field, text in texts.items():
        for word in _WORD.findall(text or ""):
            folded = names.fold(word.removesuffix("’s").removesuffix("'s"))
            if folded in known and (folded not in ALSO_WORDS or word[0].isupper()):
                raise RuleBroken(
                    f"“{word}” is the person’s name. Others read this who may not know whom it is about: "
                    "write “the person”",
                    field,
                )
