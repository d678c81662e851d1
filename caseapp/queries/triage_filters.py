"""What the triage list can be asked for, as conditions: which of the open gaps and blocks that have reached the viewer
(C9, D10). Everything is selected through policy.escalations.from_above; no column of a case or a person is read.

A condition is made from the *shape* of what is asked and from the viewer's reach; what was typed or chosen are its
values. Lists have few shapes, so each statement is put into SQL once.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Date, Integer, and_, bindparam, func, or_

from caseapp.models import Escalation
from caseapp.models.base import Id
from caseapp.models.escalations import ON_LADDER
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.typed_words import MOST, contains
from caseapp.vocabulary import Rung

#: Calendar days from which an age is looked for.
AGES = {"30": 30, "60": 60, "90": 90}
OLD = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is asked for; nothing filters where a field is empty."""

    view: str = ""  # mine, back, group, national, old
    theme: str = ""  # an id, or "none"
    area: str = ""
    agency: str = ""  # the agency concerned
    held: str = ""  # a rung's number
    age: str = ""  # a key of AGES
    urgent: str = ""  # "yes"
    words: str = ""

    @property
    def shape(self) -> "Wanted":
        """What of this stands in the statement; the rest are its values."""
        return replace(
            self,
            theme=self.theme if self.theme in ("", "none") else "one",
            area="one" if self.area else "",
            agency="one" if self.agency else "",
            held="one" if self.held else "",
            age="days" if self.age else "",
            words=" ".join("word" if _number(word) is None else "number" for word in self._words),
        )

    @property
    def _words(self) -> list[str]:
        return self.words.split()[:MOST]

    def values(self, today: date, name: str = "") -> dict:
        """The values behind the conditions of its shape; `name` keeps several in one statement apart."""
        found = {f"old_before{name}": today - timedelta(days=OLD)}
        for field in ("theme", "area", "agency", "held"):
            if (value := getattr(self, field)).isdigit():
                found[f"{field}{name}"] = int(value)
        if self.age:
            found[f"aged{name}"] = today - timedelta(days=AGES[self.age])
        for at, word in enumerate(self._words):
            number = _number(word)
            found[f"word_{at}{name}"] = contains(word) if number is None else number
        return found


def _number(word: str) -> int | None:
    """The number of a gap or block that a word is: "118" or "GB-118"."""
    digits = word.lower().removeprefix("gb-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


Reach = tuple[bool, bool]


def above(reach: Reach):
    """What stands on the ladder and may be read from above by viewers of this reach."""
    return and_(ON_LADDER, policy.from_above_as(reach))


def views(reach: Reach, name: str = "") -> dict:
    """View → its condition. Below the lowest rung that is the viewer's own stands what was asked back."""
    lowest = Rung.COORDINATOR if reach[0] else Rung.GROUP
    return {
        "mine": Escalation.holder_id == scopes.VIEWER_USER,
        "back": Escalation.level < lowest,
        "group": Escalation.level == Rung.GROUP,
        "national": Escalation.level == Rung.NATIONAL,
        "old": Escalation.age_from < bindparam(f"old_before{name}", type_=Date()),
    }


_TEXTS = (Escalation.title, Escalation.service, Escalation.concerned_name)


def conditions(shape: Wanted, reach: Reach, name: str = "") -> list:
    """Of what is above: what this shape leaves."""
    where = []
    if shape.view:
        where.append(views(reach, name)[shape.view])
    if shape.theme == "none":
        where.append(Escalation.theme_id.is_(None))
    for field, column, kind in (
        ("theme", Escalation.theme_id, Id),
        ("area", Escalation.area_id, Id),
        ("agency", Escalation.concerned_agency_id, Id),
        ("held", Escalation.level, Integer()),
    ):
        if getattr(shape, field) == "one":
            where.append(column == bindparam(f"{field}{name}", type_=kind))
    if shape.age:
        where.append(Escalation.age_from <= bindparam(f"aged{name}", type_=Date()))
    if shape.urgent:
        where.append(Escalation.urgent)
    for at, kind in enumerate(shape.words.split()):
        typed = bindparam(f"word_{at}{name}", type_=Integer() if kind == "number" else None)
        if kind == "number":
            where.append(Escalation.number == typed)
        else:
            where.append(or_(*(func.lower(text).like(typed, escape="\\") for text in _TEXTS)))
    return where


def binds(wanted: Wanted, viewer: Viewer, today: date, **more) -> dict:
    """The values behind a statement of this shape."""
    return policy.binds(viewer, today) | wanted.values(today) | more
