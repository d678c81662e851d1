"""The archive that a person gets when they ask for what is kept about them: pages to read, the same as data (JSON) and as
tables (CSV), and who looked. Of the same facts the same bytes, so that its checksum says whether it is still what was
made. What was withheld is counted with its ground, never shown (GDPR art. 15(4))."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

from flask import render_template

from caseapp import clock, dates, sheets
from caseapp.queries.everything_held import SEALED, SECTIONS
from caseapp.queries.former_leads import beside
from caseapp.queries.held_accesses import Access
from caseapp.queries.rights import agency_facts
from caseapp.vocabulary import ItemDecision

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1d2a2b}
h1{font-size:1.75rem;line-height:1.2}h2{margin-top:2.5rem;border-top:1px solid #d8d3c7;padding-top:1rem}h3{font-size:1.05rem;margin:1.5rem 0 .25rem}
dl{margin:0;display:grid;grid-template-columns:minmax(8rem,12rem) 1fr;gap:.15rem 1rem}dt{color:#4c595a}dd{margin:0;white-space:pre-line;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #d8d3c7;vertical-align:top}
.quiet{color:#4c595a}nav ul{columns:2}@media(max-width:30rem){dl{grid-template-columns:1fr}nav ul{columns:1}}@media print{h3{break-after:avoid}}
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing as the pack shows it."""

    when: str
    title: str
    fields: list[list[str]]


@dataclass(frozen=True, slots=True)
class Left:
    """How many things were left out on one ground."""

    ground: str
    count: int


def archive(request, items, looks: list[Access], at: datetime) -> bytes:
    """The ZIP file. `items` are the rows that were gathered, all decided; `looks` who looked, by name."""
    tables = list(SECTIONS)
    items = sorted(items, key=lambda one: (tables.index(one.held_in), one.at is not None, one.at, one.id))
    given = [one for one in items if one.decision is ItemDecision.GIVEN]
    shown = [one for one in given if not _apart(one)]
    order = list(dict.fromkeys(section.title for section in SECTIONS.values()))
    sections = {title: [_thing(one) for one in shown if one.section == title] for title in order}
    sections = {title: things for title, things in sections.items() if things}
    grounds = Counter(one.ground.label for one in items if one.decision is ItemDecision.WITHHELD)
    left = [Left(ground, count) for ground, count in sorted(grounds.items())]
    facts = agency_facts(request.agency_id)
    leads = beside(request.person_id, request.agency_id)
    about = {
        "asked_as": request.asked_as,
        "received_on": request.received_on,
        "made_on": clock.local_day(at),
        "agency": facts,
        "given": len(shown),
        "left": left,
        "left_count": sum(grounds.values()),
        "by_hand": len(given) - len(shown),
        "before": leads.before,
        "after": leads.after,
        "partners": leads.partners,
    }
    files = {
        "read-me-first.html": render_template(
            "rights/pack.xhtml", sections=sections, looks=looks, others=_recipients(looks), **about
        ).encode(),
        "style.css": STYLE.encode(),
        "everything.json": _json(about, sections, looks),
        "who-looked.csv": sheets.csv_bytes(
            ["Day", "Agency", "Who", "What they did", "What", "On what ground", "Times"],
            [(x.day.isoformat(), x.agency, x.who, x.act.label, x.what, x.ground, x.times) for x in looks],
        ),
    }
    for title, things in sections.items():
        files[f"tables/{_file(title)}.csv"] = sheets.csv_bytes(
            ["When", "What", "Field", "Text"],
            [(one.when, one.title, name, text) for one in things for name, text in one.fields],
        )
    files["checksums.txt"] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())
    ).encode()
    return _zipped(files, at)


def _apart(item) -> bool:
    """What is kept apart is given by hand by those who read it, if at all; never in here (X-6)."""
    return item.held_in in SEALED and not item.content


def _thing(item) -> Thing:
    return Thing(dates.moment(item.at), item.title, [list(pair) for pair in item.content])


def _recipients(looks):
    """Every agency but the one that answers, by name, with whom it was shown to."""
    found: dict[str, set[str]] = {}
    for look in looks:
        if not look.own and look.agency:
            found.setdefault(look.agency, set()).add(look.who)
    return {agency: sorted(names) for agency, names in sorted(found.items())}


def _json(about, sections, looks) -> bytes:
    data = {
        "what": "Everything kept about you, and who looked",
        "asked_as": about["asked_as"],
        "received_on": about["received_on"].isoformat(),
        "made_on": about["made_on"].isoformat(),
        "answered_by": asdict(about["agency"]),
        "withheld": [{"ground": one.ground, "count": one.count} for one in about["left"]],
        "kept_apart_and_given_by_hand": about["by_hand"],
        "led_before": [_lead(one, "until") for one in about["before"]],
        "answer_for_their_own": [{"agency": name, "reach": reach} for name, reach in about["partners"]],
        "led_since": [_lead(one, "since") for one in about["after"]],
        "sections": [
            {
                "title": title,
                "things": [
                    {
                        "when": one.when,
                        "what": one.title,
                        "fields": [{"name": name, "text": text} for name, text in one.fields],
                    }
                    for one in things
                ],
            }
            for title, things in sections.items()
        ],
        "who_looked": [
            {
                "day": x.day.isoformat(),
                "agency": x.agency,
                "who": x.who,
                "did": x.act.label,
                "what": x.what,
                "ground": x.ground,
                "times": x.times,
            }
            for x in looks
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def _lead(lead, word) -> dict:
    return {"name": lead.name, "reach": lead.reach, word: lead.on.isoformat()}


def _file(title: str) -> str:
    return title.lower().replace(" ", "-")


def _zipped(files, at) -> bytes:
    moment = clock.local(at)
    stamp = (moment.year, moment.month, moment.day, moment.hour, moment.minute, 0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, stamp)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            book.writestr(info, data)
    return out.getvalue()
