"""How fast records are read: the guard asks `held` before it shows one, and each reading is counted once the audit row of
it is written (services.reading_pace; ASVS 2.4.1).

`held` looks only at what the session's row has brought along, so it costs a page nothing.
"""

from flask import make_response, render_template, request

from caseapp import clock
from caseapp.extensions import db
from caseapp.services import audit, reading_pace
from caseapp.services.transaction import unit_of_work
from caseapp.vocabulary import AuditAct
from caseapp.web.sessions import viewer

#: Readings since the record was last asked, by account: of this process alone. It decides when to ask, never what counts.
_since: dict[int, int] = {}
KNOWN_AT_MOST = 10_000


def forget() -> None:
    """Count anew for everybody: the database is another one."""
    _since.clear()


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

    db.session.rollback()
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
    """Count the readings that this answer shows; every so often, and after a file at once, look at how fast it goes."""
    shown = [one for one in entries if one["act"] in reading_pace.READING and one["user_id"]]
    if not shown:
        return
    user_id = shown[0]["user_id"]
    if not any(one["act"] is AuditAct.EXPORTED for one in shown):
        so_far = _since.get(user_id, 0) + 1
        if so_far < reading_pace.EVERY:
            if len(_since) >= KNOWN_AT_MOST:
                _since.clear()
            _since[user_id] = so_far
            return
    _since[user_id] = 0
    reading_pace.measure(user_id, shown[0]["agency_id"], proved_at=viewer().proved_at, at=clock.now())
