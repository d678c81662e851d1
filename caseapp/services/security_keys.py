"""Security keys and passkeys (WebAuthn) as a second factor, and in place of the password before dangerous acts.

A key signs a question that only this site may put, so nobody can be talked into giving it away on another. What the key
answers is judged by the library `webauthn`, which is loaded when the first key is used and not before (a worker's
memory); what is ours: each question counts once (services.challenges), a key belongs to one person, and one whose
counter goes back was copied and is set aside (docs/decisions/0022).
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from caseapp.errors import NotVisible, RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import SecurityKey
from caseapp.policy.viewer import Viewer
from caseapp.queries import security_keys as reads
from caseapp.services import challenges, second_factor
from caseapp.services.transaction import use_case

#: More than anybody carries.
MOST = 10
#: Longer than any answer of a key.
LONGEST = 20_000
_NOT_TAKEN = "The key’s answer could not be taken: it was too late, or not for this site. Try once more."
_KEY = SecurityKey.__table__
_WRITTEN = re.compile(r"[A-Za-z0-9_-]{1,1400}\Z")


@dataclass(frozen=True, slots=True)
class Site:
    """What a key's answer must be for: the name that keys know this site by (a host), and the origin of its pages."""

    host: str
    origin: str


# --- adding one -----------------------------------------------------------------------------------------------------


@use_case
def ask_new(site: Site, *, actor: Viewer, at: datetime, asked_of: str) -> str:
    """What the browser hands to a new key, as JSON. Raises RuleBroken for more keys than anybody carries."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    if reads.count(actor.user_id) >= MOST:
        raise RuleBroken(f"There are {MOST} keys already. Remove one first.")
    return options_to_json(
        generate_registration_options(
            rp_id=site.host,
            rp_name=second_factor.ISSUER,
            user_id=hashlib.sha256(f"caseapp:{actor.user_id}".encode()).digest(),
            user_name=actor.email,
            user_display_name=actor.name,
            challenge=challenges.ask(challenges.ADD, user_id=actor.user_id, asked_of=asked_of, at=at),
            timeout=120_000,
            exclude_credentials=_known(actor.user_id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
        )
    )


@use_case
def add(name: str, answer: str, site: Site, *, actor: Viewer, at: datetime, asked_of: str) -> list[str]:
    """Keep a new key. Returns recovery codes, to be shown this once, if it is the first second factor of its owner; else
    an empty list. Raises RuleBroken for an answer that does not fit the question."""
    question = _question(answer)
    if question is None or not challenges.answered(
        question, challenges.ADD, user_id=actor.user_id, asked_of=asked_of, at=at
    ):
        raise RuleBroken(_NOT_TAKEN)
    made = _registered(answer, question, site)
    if made is None:
        raise RuleBroken(_NOT_TAKEN)
    credential = _text(made.credential_id)
    if db.session.scalar(select(_KEY.c.id).where(_KEY.c.credential == credential)):
        raise RuleBroken("This key is known here already.")
    if reads.count(actor.user_id) >= MOST:
        raise RuleBroken(f"There are {MOST} keys already. Remove one first.")
    first = not second_factor.is_on(actor.user_id)
    db.session.execute(
        insert(_KEY).values(
            id=new_id(),
            user_id=actor.user_id,
            name=name,
            credential=credential,
            public_key=_text(made.credential_public_key),
            counter=made.sign_count,
            transports=_transports(answer),
            asks_who=made.user_verified,
            synced=made.credential_backed_up,
            added_at=at,
        )
    )
    second_factor.told(actor, actor.user_id, second_factor.KEY_ADDED, at)
    return second_factor.first_codes(actor.user_id) if first else []


# --- using one ------------------------------------------------------------------------------------------------------


@use_case
def ask(user_id: int, purpose: str, site: Site, *, at: datetime, asked_of: str) -> str:
    """What the browser hands to one of somebody's keys, as JSON. To prove, the key must ask who holds it: whoever found
    a browser open may have found the key beside it."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    wanted = (
        UserVerificationRequirement.REQUIRED
        if purpose == challenges.PROVE
        else UserVerificationRequirement.PREFERRED
    )
    return options_to_json(
        generate_authentication_options(
            rp_id=site.host,
            challenge=challenges.ask(purpose, user_id=user_id, asked_of=asked_of, at=at),
            timeout=120_000,
            allow_credentials=_known(user_id),
            user_verification=wanted,
        )
    )


@use_case
def used(user_id: int, purpose: str, answer: str, site: Site, *, at: datetime, asked_of: str) -> bool:
    """Whether one of this person's keys answered the question that this browser was asked. The question is used up in
    any case. A key whose counter went back does not count any more, and its owner is told."""
    question = _question(answer)
    if question is None or not challenges.answered(
        question, purpose, user_id=user_id, asked_of=asked_of, at=at
    ):
        return False
    key = _held(user_id, answer)
    if key is None or key.set_aside_at is not None:
        return False
    found = _signed(answer, question, site, key, must_ask_who=purpose == challenges.PROVE)
    if found is None:
        return False
    if (found.new_sign_count or key.counter) and found.new_sign_count <= key.counter:
        db.session.execute(update(_KEY).where(_KEY.c.id == key.id).values(set_aside_at=at))
        second_factor.told(None, user_id, second_factor.KEY_COPIED, at)
        return False
    taken = db.session.execute(
        update(_KEY)
        .where(_KEY.c.id == key.id, _KEY.c.counter == key.counter, _KEY.c.set_aside_at.is_(None))
        .values(
            counter=found.new_sign_count,
            used_at=at,
            asks_who=key.asks_who or found.user_verified,
            synced=found.credential_backed_up,
        )
    )
    return taken.rowcount == 1


# --- keeping them ---------------------------------------------------------------------------------------------------


@use_case
def rename(key_id: int, name: str, *, actor: Viewer) -> None:
    """Another name for one of the own keys. Raises NotVisible for anybody else's."""
    done = db.session.execute(
        update(_KEY).where(_KEY.c.id == key_id, _KEY.c.user_id == actor.user_id).values(name=name)
    )
    if done.rowcount != 1:
        raise NotVisible


@use_case
def remove(key_id: int, *, actor: Viewer, at: datetime) -> None:
    """Forget one of the own keys; its owner is told. With the last second factor go the recovery codes. Raises
    NotVisible for anybody else's."""
    done = db.session.execute(delete(_KEY).where(_KEY.c.id == key_id, _KEY.c.user_id == actor.user_id))
    if done.rowcount != 1:
        raise NotVisible
    if second_factor.is_on(actor.user_id):
        second_factor.told(actor, actor.user_id, second_factor.KEY_REMOVED, at)
    else:
        second_factor.turn_off(actor.user_id, actor=actor, at=at)


# --- inside ---------------------------------------------------------------------------------------------------------


def _known(user_id):
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    rows = db.session.execute(
        select(_KEY.c.credential, _KEY.c.transports).where(
            _KEY.c.user_id == user_id, _KEY.c.set_aside_at.is_(None)
        )
    )
    return [
        PublicKeyCredentialDescriptor(
            id=_bytes(row.credential),
            transports=[AuthenticatorTransport(one) for one in row.transports.split()] or None,
        )
        for row in rows
    ]


def _registered(answer, question, site):
    from webauthn import verify_registration_response

    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=question,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except Exception:  # what a stranger sends may break the library in any of its parts: it is no answer
        return None


def _signed(answer, question, site, key, *, must_ask_who):
    """What the key says, if the signature, the site and the question are right; the counter is judged by the caller."""
    from webauthn import verify_authentication_response

    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=question,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=_bytes(key.public_key),
            credential_current_sign_count=0,
            require_user_verification=must_ask_who,
        )
    except Exception:  # as in _registered
        return None


def _held(user_id, answer):
    """The key that says it answered, if it is this person's; held until the transaction ends."""
    credential = _parsed(answer).get("id")
    if not isinstance(credential, str) or not _WRITTEN.match(credential):
        return None
    return db.session.execute(
        select(_KEY).where(_KEY.c.user_id == user_id, _KEY.c.credential == credential).with_for_update()
    ).first()


def _question(answer):
    """The question that was answered, as the browser says."""
    try:
        said = _parsed(answer)["response"]["clientDataJSON"]
        return _bytes(json.loads(_bytes(said))["challenge"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _transports(answer):
    from webauthn.helpers.structs import AuthenticatorTransport

    known = {one.value for one in AuthenticatorTransport}
    said = _parsed(answer)["response"].get("transports")
    named = {one for one in said if isinstance(one, str)} if isinstance(said, list) else set()
    return " ".join(sorted(named & known))


def _parsed(answer):
    try:
        found = json.loads(answer) if len(answer) <= LONGEST else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text):
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
