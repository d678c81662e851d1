"""The procedures as data: config/protocols/*.toml, read once and checked strictly (docs/developers/protocols.md)."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from caseapp import clock
from caseapp.protocols.files import ProtocolError, read
from caseapp.protocols.rules import (
    Clock,
    Eligibility,
    Fact,
    Item,
    Need,
    Protocol,
    ReviewRhythm,
    Start,
    Step,
    add_months,
)

__all__ = [
    "Clock",
    "Eligibility",
    "Fact",
    "Item",
    "Need",
    "Protocol",
    "ProtocolError",
    "ReviewRhythm",
    "Start",
    "Step",
    "add_months",
    "all_current",
    "get",
    "load",
]

FOLDER = Path(__file__).resolve().parents[2] / "config" / "protocols"


@cache
def load(folder: Path = FOLDER) -> Mapping[tuple[str, int], Protocol]:
    """Every protocol by (key, version). Read once for each process.

    Raises ProtocolError, naming the file and the key, for anything missing, misspelt or senseless: the system then
    refuses to start rather than count wrong days.
    """
    found: dict[tuple[str, int], Protocol] = {}
    for path in sorted(folder.glob("*.toml")):
        protocol = read(path)
        name = (protocol.key, protocol.version)
        if name in found:
            raise ProtocolError(
                path.name, "version", f"{protocol.key} {protocol.version} stands in two files"
            )
        found[name] = protocol
    if not found:
        raise ProtocolError(str(folder), "", "there is no protocol here")
    return MappingProxyType(found)


def get(key: str, version: int | None = None) -> Protocol:
    """The protocol a case was opened under; without a version the one in force today. LookupError if there is none."""
    if version is not None:
        try:
            return load()[key, version]
        except KeyError:
            raise LookupError(f"There is no version {version} of a protocol {key}.") from None
    for protocol in all_current():
        if protocol.key == key:
            return protocol
    raise LookupError(f"No protocol {key} is in force.")


def all_current(on: date | None = None) -> list[Protocol]:
    """The version of each protocol in force on a day (today, if none is given), by name: what a new case may follow."""
    on = on or clock.today()
    newest: dict[str, Protocol] = {}
    for protocol in sorted(load().values(), key=lambda p: (p.effective_from, p.version)):
        if protocol.effective_from <= on:
            newest[protocol.key] = protocol
    return sorted(newest.values(), key=lambda p: p.name)
