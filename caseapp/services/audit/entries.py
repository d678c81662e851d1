"""Writing the audit record (X-5, X-13). A use case records its change in its own transaction; the web layer records a
reading before the answer leaves, and shows nothing if that fails.

Entries about a person form a chain: each has a number and a seal over itself and the seal before it. What is about nobody
stands in the chain of the account that acted (or was acted upon), so that chains do not queue behind each other. Entries
of a use case are written last in its transaction, chain by chain in one order: nobody waits longer than that for the end
of a chain, and no two wait for each other (docs/decisions/0018).
"""

from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

from sqlalchemy import and_, bindparam, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from caseapp.extensions import db, read
from caseapp.extensions import write as insert_rows
from caseapp.ids import new_id
from caseapp.models import AuditEntry, Case
from caseapp.models.base import Id
from caseapp.policy.scopes import CaseFile
from caseapp.policy.viewer import Viewer
from caseapp.services.audit import seals
from caseapp.services.audit.keys import sealing_keys
from caseapp.vocabulary import AuditAct

_TABLE = AuditEntry.__table__
_COLUMNS = [_TABLE.c[name] for name in seals.FIELDS]
_CHAIN = bindparam("chain", type_=Id)

#: A place in a chain is taken by whoever writes first; the others see that nothing was inserted, and take the next.
_INSERT = {
    kind: dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["chain", "number"])
    for kind, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_END = (
    select(_TABLE.c.number, _TABLE.c.seal)
    .where(_TABLE.c.chain == _CHAIN)
    .order_by(_TABLE.c.number.desc())
    .limit(1)
)
_OLD = (
    select(*_COLUMNS)
    .where(_TABLE.c.chain == _CHAIN, _TABLE.c.number <= bindparam("number", type_=Id))
    .order_by(_TABLE.c.number)
)
_PERSON = select(Case.person_id).where(Case.id == bindparam("case_id", type_=Id))

#: So many writers were quicker, one after the other: then something is wrong.
_TRIES = 200
_WAITING = "audit_entries"


class NotWritten(Exception):
    """An entry could not be put into its chain, for whatever reason: the table or its place is not there, the database
    refuses it, no key can be read, others are always quicker. Nothing of what it tells may be shown or stay done: 503."""


@contextmanager
def _or_not_written():
    """Whatever goes wrong inside means that the entry is not written. What the use case itself still has to write goes
    before, so that its own refusals stay what they are."""
    if db.session.registry.has():  # what only reads has no session
        session = db.session()
        if session.new or session.dirty or session.deleted:
            session.flush()
    try:
        yield
    except NotWritten:
        raise
    except Exception as error:
        raise NotWritten from error


def _sought():
    """The case behind a reference and the end of the chain that a word about it goes to: one row, also for a reference
    that nobody has."""
    mine = Case.reference == bindparam("reference")
    person = select(Case.person_id).where(mine).scalar_subquery()
    case = select(
        select(Case.id).where(mine).scalar_subquery().label("case_id"),
        person.label("person_id"),
        func.coalesce(person, bindparam("otherwise", type_=Id)).label("chain"),
    ).subquery()
    before = _TABLE.alias()
    last = select(func.max(before.c.number)).where(before.c.chain == case.c.chain).scalar_subquery()
    return select(case.c.case_id, case.c.person_id, case.c.chain, _TABLE.c.number, _TABLE.c.seal).select_from(
        case.outerjoin(_TABLE, and_(_TABLE.c.chain == case.c.chain, _TABLE.c.number == last))
    )


_SOUGHT = _sought()


def entry(
    viewer: Viewer | None,
    act: AuditAct,
    what: str,
    *,
    at: datetime,
    case: CaseFile | None = None,
    case_id: int | None = None,
    person_id: int | None = None,
    about_id: int | None = None,
    ground: str = "",
    address: str = "",
    detail: dict | None = None,
) -> dict:
    """The columns of one entry, ready to insert. `at` is a moment in UTC; `detail` holds no free text about a person
    beyond what the record itself holds. `about_id` is the account, agency or area that was changed, where it is about
    no case. `ground` says why they could, where no case says it."""
    return {
        "id": new_id(),
        "at": at,
        "user_id": viewer and viewer.user_id,
        "user_name": viewer.name if viewer else "",
        "agency_id": viewer and viewer.agency_id,
        "agency_name": viewer.agency_name if viewer else "",
        "act": act,
        "what": what[:300],
        "case_id": case.id if case else case_id,
        "person_id": case.person_id if case else person_id,
        "about_id": about_id,
        "ground": ground or (case.ground if case else ""),
        "grant_id": case.grant_id if case else None,
        "address": address[:45],
        "detail": detail,
    }


def write(entries: list[dict]) -> None:
    """Write entries with the transaction that is open, as the last thing that it does: they stand or fall with it."""
    session = db.session()
    inside = _savepoints(session)
    session.info.setdefault(_WAITING, []).extend((entry, inside) for entry in entries)


def write_now(entries: list[dict]) -> None:
    """Put entries at the end of their chains, in the transaction that is open and at once. Raises NotWritten."""
    with _or_not_written():
        for entry in entries:
            if entry["case_id"] and not entry["person_id"]:
                entry["person_id"] = read(_PERSON, {"case_id": entry["case_id"]}).scalar()
        for chain, ours in groupby(sorted(entries, key=_chain), _chain):
            end = None
            for entry in ours:
                end = _append(entry, chain, end)


def write_waiting() -> None:
    """Write what waits for the end of the transaction that is open already now: for a long story told in one transaction,
    a world file, in which somebody reads the record on the way."""
    if waiting := db.session().info.pop(_WAITING, None):
        write_now([entry for entry, _ in waiting])


def record(actor: Viewer, what: str, *, at: datetime, case: CaseFile | None = None, **more) -> None:
    """Record a change, in the use case's own transaction."""
    write([entry(actor, AuditAct.CHANGED, what, at=at, case=case, **more)])


def write_refusal(
    viewer: Viewer | None,
    what: str,
    *,
    at: datetime,
    reference: str | None = None,
    person_id: int | None = None,
    address: str = "",
) -> None:
    """Record that a record was asked for and not given. The same two statements run whether or not it exists, so that
    neither the answer nor its time tells. Raises NotWritten."""
    values = entry(viewer, AuditAct.REFUSED, what, at=at, address=address, person_id=person_id)
    if reference is None:
        write_now([values])
        return
    binds = {"reference": reference, "otherwise": _chain(values)}
    with _or_not_written():
        for _ in range(_TRIES):
            found = read(_SOUGHT, binds).one()
            values |= {"case_id": found.case_id, "person_id": found.person_id}
            end = (found.number or 0, found.seal or "")
            if _put(values, found.chain, _sealed(found.chain, end)):
                return
        raise NotWritten


def sealed_end(chain: int, number: int) -> str:
    """What stands in the place of a seal at the end of a chain whose entries are all older than the seals."""
    return _sealed(chain, (number, ""))[1]


# --- one chain --------------------------------------------------------------------------------------------------


def _chain(entry) -> int:
    return entry["person_id"] or entry["user_id"] or entry["about_id"] or 0


def _append(entry, chain, end):
    """Put an entry behind `end` (number, seal), or where the chain really ends; gives the new end."""
    for _ in range(_TRIES):
        end = end or _sealed(chain, read(_END, {"chain": chain}).first() or (0, ""))
        if put := _put(entry, chain, end):
            return put
        end = None
    raise NotWritten


def _put(entry, chain, end):
    """Insert an entry behind `end`; gives the new end, or None where that place was taken meanwhile."""
    keys = sealing_keys()
    number, seal = end
    row = entry | {"chain": chain, "number": number + 1, "key_id": keys.current}
    row["seal"] = seals.seal(keys.known[keys.current], row, seal)
    if insert_rows(_INSERT[db.engine.dialect.name], row):
        return row["number"], row["seal"]
    return None


def _sealed(chain, end):
    """The end of a chain; where its last entry is older than the seals, what stands in a seal's place. That is worked
    out once for each chain, when it goes on for the first time."""
    number, seal = end
    if number and not seal:
        for row in db.session.execute(_OLD, {"chain": chain, "number": number}).mappings():
            seal = seals.unsealed(row, seal)
    return number, seal


# --- last in the transaction ------------------------------------------------------------------------------------


def _savepoints(session):
    inside, transaction = [], session.get_nested_transaction()
    while transaction is not None and transaction.nested:
        inside.append(transaction)
        transaction = transaction.parent
    return inside


@event.listens_for(Session, "before_commit")
def _write_waiting(session):
    if not session.in_nested_transaction() and (waiting := session.info.pop(_WAITING, None)):
        write_now([entry for entry, _ in waiting])


@event.listens_for(Session, "after_soft_rollback")
def _forget_of_savepoint(session, undone):
    """What a savepoint took back was never done."""
    if undone.nested and (waiting := session.info.get(_WAITING)):
        waiting[:] = [(entry, inside) for entry, inside in waiting if undone not in inside]


@event.listens_for(Session, "after_transaction_end")
def _forget(session, ended):
    if ended.parent is None:
        session.info.pop(_WAITING, None)
