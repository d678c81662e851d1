"""Finding people by name, date of birth, case reference or an outside system's number.

The viewer rule stands inside every statement, so whom a viewer may not know of takes no place, moves no rank and adds
no statement. The steps are the same whether or not such a person exists.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.types import Date, Integer

from caseapp import clock, names, references
from caseapp.extensions import read
from caseapp.models import Case, Person, PersonIdentifier, PersonNameKey, PersonTrigram
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.around_us import AROUND_US, AT_MOST
from caseapp.queries.standing_lists import lists, one_of, these
from caseapp.queries.trigram_ranks import telling

#: How many trigrams of the typed name are looked up, how many people are ranked, how many shown.
LOOKED_UP = 10
RANKED = 200
SHOWN = 20
#: An agency that has to do with more people than this looks its trigrams up among everybody's, one with fewer among those
#: of its own people.
WIDE = 3000
#: Below this a name is not "like" what was typed; for a duplicate it must be closer.
ALIKE = 0.56
ALIKE_AND_BORN_THEN = 0.4
SAME = 0.72
LONGEST = 200
YEAR = timedelta(days=366)

#: Who may read a person's date of birth: the lead agency's own staff and those with the whole plan. An agency with a
#: part sees the name only, so it cannot find by birth either (C14).
KNOWS_BIRTH = or_(
    scopes.SEES_PERSON_PAGE,
    exists()
    .where(
        Case.person_id == Person.id,
        scopes.SEES_CASE,
        or_(and_(Case.lead_agency_id == scopes.VIEWER_AGENCY, scopes.NOT_MOVED_ON), scopes.SEES_WHOLE_PLAN),
    )
    .correlate(Person),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one box was understood to say. `born_from` and `born_to` are a day, or the ends of a year."""

    name: str = ""
    born_from: date | None = None
    born_to: date | None = None
    reference: str | None = None
    number: str = ""
    #: A date that does not exist, in the words for the page; nothing is searched for it.
    trouble: str = ""

    @property
    def empty(self) -> bool:
        return not (self.name or self.born_from or self.reference or self.number or self.trouble)


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody the viewer may know of, with how alike they are to what was asked, from 0.0 to 1.0."""

    id: int
    given_name: str
    family_name: str
    known_as: str
    born_on: date | None
    born_approximate: bool
    #: The viewer may open the person's own page.
    page: bool
    likeness: float


_DAY = re.compile(r"(?<!\d)(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})(?!\d)")
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WORD_DAY = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(\d{4})(?!\d)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w/.\-])((?:18|19|20)\d\d)(?![\w/\-])")
_NUMBER = re.compile(r"(?=[^\s]*\d)[A-Za-z0-9][A-Za-z0-9\-/.]{2,79}\Z")


def understand(text: str) -> Asked:
    """Read the one box: a case reference, a date or year of birth, an outside number, a name; a name and a date may
    stand together in any order. Days are day first ("11/05/1989", "11 May 1989") or as ISO writes them."""
    text = " ".join(text[:LONGEST].split())
    if reference := references.parse(text):
        return Asked(reference=reference, number=code(text))
    born_from = born_to = None
    for pattern, order in ((_ISO_DAY, (3, 2, 1)), (_DAY, (1, 2, 3)), (_WORD_DAY, (1, 2, 3))):
        if found := pattern.search(text):
            day, month, year = (found.group(at) for at in order)
            month = int(month) if month.isdigit() else _MONTHS.index(month.lower()[:3]) + 1
            try:
                born_from = born_to = date(int(year), month, int(day))
            except ValueError:
                return Asked(
                    trouble=f"There is no day {found.group(0)}. Write the day first, such as 27/3/1989."
                )
            text = text[: found.start()] + " " + text[found.end() :]
            break
    else:
        if found := _YEAR.search(text):
            year = int(found.group(1))
            born_from, born_to = date(year, 1, 1), date(year, 12, 31)
            text = text[: found.start()] + " " + text[found.end() :]
    text = text.strip(" ,;")
    number = code(text) if _NUMBER.match(text) else ""
    return Asked(name=text if names.fold(text) else "", born_from=born_from, born_to=born_to, number=number)


def code(text: str) -> str:
    """An outside system's number as it is stored and compared: capitals, without blanks. At most 80 characters."""
    return "".join(text.split()).upper()[:80]


_TRIGRAMS = one_of(PersonTrigram.trigram, "trigram", LOOKED_UP)
_LEAST, _MOST = bindparam("least", type_=Integer), bindparam("most", type_=Integer)
_around_us = AROUND_US.cte("around_us")
#: Two ways to those who share enough trigrams: among everybody, and among those whom the agency has to do with.
_AMONG_ALL = (
    select(PersonTrigram.person_id, func.count().label("shared"))
    .where(_TRIGRAMS)
    .group_by(PersonTrigram.person_id)
    .having(func.count() >= _LEAST)
)
#: An outer join, so that SQLite begins with our people and not with everybody who has these trigrams.
_AMONG_OURS = (
    select(_around_us.c.person_id, func.count(PersonTrigram.person_id).label("shared"))
    .outerjoin(PersonTrigram, and_(PersonTrigram.person_id == _around_us.c.person_id, _TRIGRAMS))
    .group_by(_around_us.c.person_id)
    .having(func.count(PersonTrigram.person_id) >= _LEAST)
)


def _by_keys(most):
    """Those who have a word like one that was asked for, and another that begins as another does: as few among a hundred
    thousand people as among a thousand."""
    return (
        select(PersonNameKey.person_id, func.count().label("shared"))
        .where(
            one_of(PersonNameKey.letters, "letters", most),
            one_of(PersonNameKey.beside, "beside", names.KEYED_WORDS),
        )
        .group_by(PersonNameKey.person_id)
    )


def _named(way):
    """The names of those candidates whom the viewer may know of."""
    hits = way.subquery("hits")
    return (
        select(Person.id, Person.given_name, Person.family_name, Person.known_as)
        .join(hits, hits.c.person_id == Person.id)
        .where(scopes.SEES_PERSON)
        .order_by(hits.c.shared.desc(), Person.id)
        .limit(_MOST)
    )


_FROM, _TO = bindparam("born_from", type_=Date), bindparam("born_to", type_=Date)
_EARLIER, _LATER = bindparam("born_earlier", type_=Date), bindparam("born_later", type_=Date)
_BORN_THEN = and_(
    Person.born_on.between(_EARLIER, _LATER),
    or_(Person.born_approximate, Person.born_on.between(_FROM, _TO)),
    KNOWS_BIRTH,
)
#: By how many keys are looked up at most: for two names of usual length, for long ones, and for any.
_NEAR = {most: _named(_by_keys(most)) for most in (32, 96, names.KEYED_WORDS * (names.KEYED_LETTERS + 1))}
_ALIKE = {False: _named(_AMONG_OURS), True: _named(_AMONG_ALL)}
_ALIKE_AND_BORN_THEN = {wide: statement.where(_BORN_THEN) for wide, statement in _ALIKE.items()}
_ALPHABETICAL = (Person.family_name, Person.given_name, Person.id)
_BY_BIRTH = {
    True: select(Person.id).where(_BORN_THEN, scopes.SEES_PERSON).order_by(*_ALPHABETICAL).limit(_MOST)
}
_BY_BIRTH[False] = _BY_BIRTH[True].where(Person.id.in_(AROUND_US))
_BY_REFERENCE = select(Case.person_id).where(Case.reference == bindparam("reference"), scopes.SEES_CASE)
_BY_NUMBER = (
    select(Person.id)
    .where(
        Person.id.in_(
            select(PersonIdentifier.person_id).where(PersonIdentifier.value == bindparam("number"))
        ),
        scopes.SEES_PERSON_PAGE,
    )
    .order_by(*_ALPHABETICAL)
    .limit(_MOST)
)
_KNOWN = select(
    Person.id,
    Person.given_name,
    Person.family_name,
    Person.known_as,
    Person.born_on,
    Person.born_approximate,
    scopes.SEES_PERSON_PAGE.label("page"),
    KNOWS_BIRTH.label("knows_birth"),
).where(scopes.SEES_PERSON)
#: By how many are asked for at most.
_FACTS = {most: _KNOWN.where(one_of(Person.id, "id", most)) for most in (4, 32)}


def find(asked: Asked, *, viewer: Viewer, most: int = SHOWN) -> list[Found]:
    """Those whom the viewer may know of and who answer to what was asked, the most alike first, at most `most`.

    A name with a date of birth: those whose birth fits come alone; if nobody's fits, those of like name are shown.
    """
    found: dict[int, float] = {}
    if asked.reference:
        found |= dict.fromkeys(_ids(_BY_REFERENCE, viewer, reference=asked.reference), 1.0)
    if asked.number:
        found |= dict.fromkeys(_ids(_BY_NUMBER, viewer, number=asked.number, most=most), 1.0)
    if asked.name:
        alike = {}
        if asked.born_from:
            alike = _ranked(asked.name, viewer, ALIKE_AND_BORN_THEN, (asked.born_from, asked.born_to))
        found = (alike or _near(asked.name, viewer) or _ranked(asked.name, viewer, ALIKE)) | found
    elif asked.born_from:
        window = _window(asked.born_from, asked.born_to)
        found |= dict.fromkeys(_ids(_BY_BIRTH[_wide(viewer)], viewer, most=most, **window), 1.0)
    return _facts(found, viewer, most)


def same(
    name: str, born_on: date | None, *, viewer: Viewer, approximate: bool = False, most: int = 10
) -> list[Found]:
    """Those whom the viewer may know of and who may be the very same person: a close name, or a near name with a
    birth that fits. Whoever may not be known of changes nothing here, neither the list nor the steps taken."""
    close = _ranked(name, viewer, SAME)
    if born_on:
        around = YEAR if approximate else timedelta(0)
        close |= _ranked(name, viewer, ALIKE_AND_BORN_THEN, (born_on - around, born_on + around))
    return _facts(close, viewer, most)


def _near(name, viewer) -> dict[int, float]:
    """Likeness by id of those who have a word like one that was asked for and another beginning as another does, if
    somebody among them is meant beyond doubt; else nothing, and there is more to look at."""
    folded = names.fold(name[:LONGEST])
    letters, beside = names.asked_by(folded)
    if not letters:
        return {}
    ((most, keys),) = lists("letters", [*letters], _NEAR)
    keys |= these("beside", [*beside], names.KEYED_WORDS)
    rows = _rows(_NEAR[most], viewer, **keys, most=RANKED)
    if any(
        names.meant(folded, names.fold(f"{row.given_name} {row.family_name} {row.known_as}")) for row in rows
    ):
        return _in_order(folded, rows, ALIKE)
    return {}


def _ranked(name, viewer, least_alike, born=None) -> dict[int, float]:
    """Likeness by id of the people of like name, most alike first; with `born`, of those whose birth fits."""
    folded = names.fold(name[:LONGEST])
    chosen = telling(names.trigrams(folded), LOOKED_UP)
    if not chosen:
        return {}
    wide = _wide(viewer)
    values = these("trigram", chosen, LOOKED_UP) | {"least": _least(len(chosen)), "most": RANKED}
    if born:  # few are born on a day, so a fainter likeness will do
        values["least"] = min(len(chosen), 2)
        rows = _rows(_ALIKE_AND_BORN_THEN[wide], viewer, **values, **_window(*born))
    else:
        rows = _rows(_ALIKE[wide], viewer, **values)
    return _in_order(folded, rows, least_alike)


def _in_order(folded, rows, least_alike) -> dict[int, float]:
    alike = [(_likeness(folded, row), row) for row in rows]
    alike.sort(key=lambda one: (-one[0], one[1].family_name, one[1].given_name, one[1].id))
    return {row.id: likeness for likeness, row in alike if likeness >= least_alike}


def facts(ids: list[int], *, viewer: Viewer) -> list[Found]:
    """What may be shown of these people, in this order; those whom the viewer may not know of fall out."""
    return _facts(dict.fromkeys(ids, 1.0), viewer, len(ids))


def _facts(found: dict[int, float], viewer, most) -> list[Found]:
    """What may be shown of the most alike."""
    best = sorted(found, key=lambda person_id: -found[person_id])[:most]
    rows = {
        row.id: row
        for length, ids in lists("id", best, _FACTS)
        for row in _rows(_FACTS[length], viewer, **ids)
    }
    return [
        Found(
            row.id,
            row.given_name,
            row.family_name,
            row.known_as,
            row.born_on if row.knows_birth else None,
            bool(row.knows_birth and row.born_approximate),
            bool(row.page),
            found[row.id],
        )
        for row in (rows[person_id] for person_id in best if person_id in rows)
    ]


def _ids(statement, viewer, **values) -> list[int]:
    return [row[0] for row in _rows(statement, viewer, **values)]


def _wide(viewer) -> bool:
    """Whether the viewer's agency has to do with so many people that everybody is looked through faster."""
    return _ids(AT_MOST, viewer)[0] > WIDE


def _least(looked_up: int) -> int:
    """How many of the trigrams a name must share to be ranked at all: one slip of the finger spoils four at most."""
    return max(min(looked_up, 2), (looked_up + 2) // 3)


def _rows(statement, viewer, **values):
    return read(statement, scopes.binds(viewer, clock.today()) | values)


def _window(born_from: date, born_to: date) -> dict:
    """A birth marked as approximate may be a year off."""
    earlier = born_from - YEAR if born_from.year > 1 else date.min
    later = born_to + YEAR if born_to.year < 9998 else date.max
    return {"born_from": born_from, "born_to": born_to, "born_earlier": earlier, "born_later": later}


def _likeness(asked: str, row) -> float:
    """How alike the folded words asked are to any of the names a person goes by; part of a name counts nearly whole."""
    whole = names.fold(f"{row.given_name} {row.family_name}")
    best = names.likeness_of_folded(asked, whole)
    words = whole.split()
    if row.known_as:
        known = names.fold(f"{row.known_as} {row.family_name}")
        best = max(best, names.likeness_of_folded(asked, known))
        words += names.fold(row.known_as).split()
    wanted = asked.split()
    if words and wanted:
        each = sum(max(JaroWinkler.similarity(one, word) for word in words) for one in wanted) / len(wanted)
        best = max(best, each * each * 0.98)
    return best
