"""How fast records are read: the guard asks `held` before it shows one, and each reading is counted once the audit row of
it is written (services.reading_pace; ASVS 2.4.1).

`held` looks only at what the session's row has brought along, so it costs a page nothing.
"""

from flask import make_response, render_template, request

from caseapp import clock
from caseapp.services import audit, reading_pace
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct
from caseapp.web.sessions import viewer
from caseapp.web.transactions import end_reading

#: Of each account, since it last gave its password: whose records this process has shown it, when, and how many of them
#: since the record was last asked. It decides when to ask, never what counts: who is looked at again adds nobody.
_shown: dict[tuple, "_Shown"] = {}
KNOWN_AT_MOST = 10_000


class _Shown:
    __slots__ = ("people", "unasked")

    def __init__(self):
        self.people, self.unasked = {}, 0


def forget() -> None:
    """Count anew for everybody: the database is another one."""
    _shown.clear()


def held(act: str, **sought):
    """The answer in place of a record, for somebody who read very many just now; None for everybody else."""
    me = viewer()
    if me.reading_held_until is None and me.reading_proof_after is None:
        return None
    now = clock.now()
    if me.reading_held_until is not None and me.reading_held_until > now:
        return _stopped(me, act, now, sought)
    if me.reading_proof_after is not None and (
        me.proved_at is None or me.proved_at <= me.reading_proof_after
    ):
        from caseapp.web.second_step import ask_for_proof

        return ask_for_proof()
    return None


def _stopped(me, act, now, sought):
    from caseapp.web import kept

    end_reading()
    with unit_of_work():
        audit.write_refusal(me, act, at=now, address=request.remote_addr or "", **sought)
    text = kept.typed() if request.method == "POST" else None
    wait = max(60, int((me.reading_held_until - now).total_seconds()))
    response = make_response(
        render_template("privacy/held.html", until=me.reading_held_until, kept=text.readable if text else []),
        429,
    )
    response.headers["Retry-After"] = str(wait)
    return response


def count(entries: list[dict]) -> None:
    """Count whose records this answer shows; after every few people, and after a file at once, look at how fast it goes."""
    shown = [one for one in entries if one["act"] in reading_pace.READING and one["user_id"]]
    if not shown:
        return
    me, now = viewer(), clock.now()
    in_file = any(one["act"] is AuditAct.EXPORTED for one in shown)
    if _to_ask(me, {one["person_id"] for one in shown}, now) or in_file:
        reading_pace.measure(me.user_id, me.agency_id, proved_at=me.proved_at, at=now)


def _to_ask(me, people, now) -> bool:
    """Whether this process has shown the account so many more people's records that the record has to be asked."""
    if len(_shown) >= KNOWN_AT_MOST:
        _shown.clear()
    known = _shown.setdefault((me.user_id, me.proved_at), _Shown())
    for person_id in people:
        before = known.people.get(person_id)
        if before is None or now - before > reading_pace.SPAN:
            known.people[person_id] = now
            known.unasked += 1
    if known.unasked < reading_pace.EVERY:
        return False
    known.unasked = 0
    known.people = {one: at for one, at in known.people.items() if now - at <= reading_pace.SPAN}
    return True
