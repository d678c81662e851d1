"""A world file read against its shapes: every fault found, each with its place in the file, before anything is written."""

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace

from caseapp import clock
from caseapp.demo import days

MOST_FAULTS = 50


@dataclass(frozen=True)
class Fault:
    """One thing to mend: `path` such as "cases[3].actions[2].due_on"."""

    path: str
    message: str

    def __str__(self):
        return f"{self.path}: {self.message}" if self.path else self.message


class WorldRefused(Exception):
    """The file cannot be loaded; nothing was written."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults
        more = len(faults) - MOST_FAULTS
        lines = [str(fault) for fault in faults[:MOST_FAULTS]]
        super().__init__("\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]))


@dataclass
class Reader:
    """What the reading of one file shares: the day it counts from, the faults so far, the keys given and used."""

    now: datetime
    calendar: str = "IE"
    faults: list[Fault] = field(default_factory=list)
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[tuple[str, str, str]] = field(default_factory=list)

    def fault(self, path: str, message: str) -> None:
        self.faults.append(Fault(path, message))

    def check_keys(self) -> None:
        """Every key that is used must be given somewhere in the file."""
        for path, kind, key in self.used:
            known = self.given.get(kind, {})
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                also = f'; did you mean "{near[0]}"?' if near else ""
                self.fault(path, f'there is no "{key}" among the {kind}{also}')


Read = Callable[[object, str, Reader], object]


@dataclass(frozen=True)
class Field:
    """One field of an object: how its value is read, and what stands for it when it is left out."""

    read: Read
    needed: bool = False
    default: object = None


class Shape:
    """The fields that an object may have. Reading gives a namespace with every field and `path`."""

    def __init__(self, name: str, /, **fields: Field):
        self.name, self.fields = name, fields

    def __call__(self, raw, path: str, reader: Reader):
        if not isinstance(raw, dict):
            reader.fault(path, "this must be an object in braces")
            return None
        values = {"path": path}
        for name in raw.keys() - self.fields.keys():
            if name.startswith("//"):
                continue  # a remark for those who read the file
            near = difflib.get_close_matches(name, self.fields, 1)
            also = f'; did you mean "{near[0]}"?' if near else ""
            reader.fault(f"{path}.{name}".lstrip("."), f"{self.name} has no such field{also}")
        for name, spec in self.fields.items():
            place = f"{path}.{name}".lstrip(".")
            if raw.get(name) is None:
                if spec.needed:
                    reader.fault(place, "this is needed")
                values[name] = [] if spec.default is list else spec.default
            else:
                values[name] = spec.read(raw[name], place, reader)
        return SimpleNamespace(**values)


# --- kinds of value -------------------------------------------------------------------------------------------------


def text(most: int = 300, *, needed=False, default="") -> Field:
    """Words, at most so many characters."""

    def read(raw, path, reader):
        if not isinstance(raw, str):
            reader.fault(path, "this must be a text in quotes")
            return default
        if len(raw) > most:
            reader.fault(path, f"at most {most} characters fit here; there are {len(raw)}")
        if "\0" in raw:
            reader.fault(path, "this holds a character that no text may hold")
        if needed and not raw.strip():
            reader.fault(path, "this is needed")
        return raw.strip()

    return Field(read, needed, default)


def yes_no(default: bool | None = False) -> Field:
    def read(raw, path, reader):
        if not isinstance(raw, bool):
            reader.fault(path, "write true or false")
            return default
        return raw

    return Field(read, False, default)


def number(low: int, high: int, *, needed=False, default=None) -> Field:
    def read(raw, path, reader):
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            reader.fault(path, f"write a whole number from {low} to {high}")
            return default
        return raw

    return Field(read, needed, default)


def day(*, needed=False) -> Field:
    """A local calendar day."""

    def read(raw, path, reader):
        try:
            return days.day(raw, today=clock.local_day(reader.now), calendar=reader.calendar)
        except ValueError as why:
            reader.fault(path, str(why))

    return Field(read, needed)


def moment(*, needed=False) -> Field:
    """A moment that has passed, in UTC."""

    def read(raw, path, reader):
        try:
            return days.moment(raw, now=reader.now, calendar=reader.calendar)
        except ValueError as why:
            reader.fault(path, str(why))

    return Field(read, needed)


def one_of(words, *, needed=False, default=None) -> Field:
    """One of our own words (an enum of text), or one of a list of texts."""
    values = {str(getattr(word, "value", word)): word for word in words}

    def read(raw, path, reader):
        if not isinstance(raw, str) or raw not in values:
            reader.fault(path, "write one of: " + ", ".join(values))
            return default
        return values[raw]

    return Field(read, needed, default)


def anything(*, default=None) -> Field:
    """A value that a use case judges."""
    return Field(lambda raw, path, reader: raw, False, default)


def key(kind: str) -> Field:
    """The name by which the rest of the file speaks of this object; no two of a kind may share one."""

    def read(raw, path, reader):
        if not isinstance(raw, str) or not raw.strip():
            reader.fault(path, "write a short name in quotes")
            return None
        known = reader.given.setdefault(kind, {})
        if raw in known:
            reader.fault(path, f'"{raw}" is also {known[raw]}')
        known[raw] = path.rpartition(".")[0]
        return raw

    return Field(read, True)


def link(kind: str, *, needed=False) -> Field:
    """The key of another object."""

    def read(raw, path, reader):
        if not isinstance(raw, str):
            reader.fault(path, f"write the key of one of the {kind}")
            return None
        reader.used.append((path, kind, raw))
        return raw

    return Field(read, needed)


def each(what: Read | Field, *, needed=False) -> Field:
    """A list of objects, links or words."""
    read_one = what.read if isinstance(what, Field) else what

    def read(raw, path, reader):
        if not isinstance(raw, list):
            reader.fault(path, "this must be a list in square brackets")
            return []
        return [read_one(one, f"{path}[{at}]", reader) for at, one in enumerate(raw)]

    return Field(read, needed, list)


def inside(shape: Shape, *, needed=False) -> Field:
    """One object."""
    return Field(shape, needed)


def mapping() -> Field:
    """An object whose names are not fixed here."""

    def read(raw, path, reader):
        if not isinstance(raw, dict):
            reader.fault(path, "this must be an object in braces")
            return {}
        return raw

    return Field(read, False, {})


# --- the file -------------------------------------------------------------------------------------------------------


def parse(data: bytes):
    """The JSON in the bytes of a file. Raises WorldRefused with line and column."""
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_doubles)
    except UnicodeDecodeError:
        raise WorldRefused([Fault("", "The file is not in UTF-8.")]) from None
    except json.JSONDecodeError as why:
        raise WorldRefused(
            [Fault("", f"Line {why.lineno}, column {why.colno}: this is no JSON ({why.msg}).")]
        ) from None
    except _Doubled as why:
        raise WorldRefused([Fault("", f'The name "{why}" stands twice in one object.')]) from None
    except RecursionError:
        raise WorldRefused([Fault("", "The file is nested too deeply.")]) from None


class _Doubled(Exception):
    pass


def _no_doubles(pairs):
    found = {}
    for name, value in pairs:
        if name in found and not name.startswith("//"):
            raise _Doubled(name)
        found[name] = value
    return found
