"""Codes of an app (TOTP) as a second factor, and ten recovery codes for the day on which the telephone is gone; beside
it stand security keys (services.security_keys), and either is enough.

The shared secret is encrypted under a key that only the running system has (SECRET_KEY), so that a copy of the database
makes no codes. A code counts once, recovery codes too; every change is told to the owner by mail (ASVS 6.3.7, 6.5).
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update

from caseapp.errors import RuleBroken
from caseapp.extensions import db
from caseapp.ids import new_id
from caseapp.models import Authenticator, RecoveryCode, SecurityKey, User
from caseapp.policy.viewer import Viewer
from caseapp.services import audit, outbox
from caseapp.services.transaction import use_case

ISSUER = "Caseapp"
RECOVERY_CODES = 10
#: A code of the step before or after counts too: clocks of telephones are seldom right.
STEPS_OFF = 1

_APP = Authenticator.__table__
_CODE = RecoveryCode.__table__
_KEY = SecurityKey.__table__
#: Letters and digits that nobody confuses on paper.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"

ON, OFF, RENEWED, USED = "turned on", "turned off", "new recovery codes made", "a recovery code used"
APP_REMOVED = "the app taken away"
KEY_ADDED, KEY_REMOVED, KEY_COPIED = (
    "a security key added",
    "a security key removed",
    "a security key set aside",
)
_MAIL = {
    ON: "signing in to your account asks for a code from an app from now on.",
    OFF: "signing in to your account no longer asks for a second step: no code, no security key.",
    APP_REMOVED: "signing in to your account no longer takes codes from an app. Your security keys still count.",
    KEY_ADDED: "a security key or passkey was added to your account. It is a second step of signing in from now on.",
    KEY_REMOVED: "a security key or passkey was removed from your account.",
    KEY_COPIED: "a security key of your account does not count any more: it looks as if somebody has a copy of it. "
    "Somebody who has the copy also knew your password. Choose a new password, and remove the key.",
    RENEWED: "new recovery codes were made for your account. The old ones no longer work.",
    USED: "somebody signed in to your account with one of its recovery codes.",
}


def is_on(user_id: int) -> bool:
    """Whether signing in asks this person for a second step. A key that was set aside asks too: it must not open the door
    to whoever copied it."""
    return app_is_on(user_id) or bool(
        db.session.scalar(select(_KEY.c.id).where(_KEY.c.user_id == user_id).limit(1))
    )


def app_is_on(user_id: int) -> bool:
    """Whether an app shows codes for this person."""
    return bool(
        db.session.scalar(
            select(_APP.c.id).where(_APP.c.user_id == user_id, _APP.c.confirmed_at.is_not(None))
        )
    )


def recovery_codes_left(user_id: int) -> int:
    return db.session.scalar(
        select(func.count()).select_from(_CODE).where(_CODE.c.user_id == user_id, _CODE.c.used_at.is_(None))
    )


@use_case
def begin(*, actor: Viewer, at: datetime, under: str) -> str:
    """The secret to put into an app, in base 32: a new one, or the one that was begun and not yet confirmed. Guards
    nothing until `confirm`. `under` is the key that it is encrypted with. Raises RuleBroken where one is in use."""
    row = _row(actor.user_id)
    if row is not None and row.confirmed_at is not None:
        raise RuleBroken("An app shows codes for this account already. Turn it off first.")
    if row is not None and (secret := _opened(row.sealed, under)):
        return secret
    import pyotp

    secret = pyotp.random_base32()
    db.session.execute(delete(_APP).where(_APP.c.user_id == actor.user_id))
    db.session.execute(
        insert(_APP).values(
            id=new_id(),
            user_id=actor.user_id,
            sealed=_box(under).encrypt(secret.encode()).decode(),
            created_at=at,
        )
    )
    return secret


def picture(secret: str, email: str) -> str:
    """What a telephone's camera reads the secret from: an SVG element."""
    import pyotp
    import segno

    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return segno.make(address, error="m").svg_inline(scale=4, border=2, dark="black", light="white")


def in_groups(secret: str) -> str:
    """The secret as somebody types it in."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


@use_case
def confirm(code: str, *, actor: Viewer, at: datetime, under: str) -> list[str]:
    """Turn it on: the app shows the right code. Returns the recovery codes, to be shown this once; an empty list where a
    security key had brought them already."""
    row = _row(actor.user_id)
    if row is None or row.confirmed_at is not None:
        raise RuleBroken("This page had been open for too long. Begin again.")
    step = _step(row, code, at=at, under=under)
    if step is None:
        raise RuleBroken(
            "That is not the code that the app shows now. Codes change every 30 seconds.", "code"
        )
    db.session.execute(update(_APP).where(_APP.c.id == row.id).values(confirmed_at=at, last_step=step))
    told(actor, actor.user_id, ON, at)
    return first_codes(actor.user_id)


def first_codes(user_id: int) -> list[str]:
    """Ten recovery codes, in the transaction that is open, for whoever has none; else an empty list."""
    return [] if recovery_codes_left(user_id) else _new_codes(user_id)


@use_case
def renew_codes(*, actor: Viewer, at: datetime) -> list[str]:
    """Ten new recovery codes; the old ones are void. To be shown this once."""
    if not is_on(actor.user_id):
        raise RuleBroken("There is no second factor to recover.")
    codes = _new_codes(actor.user_id)
    told(actor, actor.user_id, RENEWED, at)
    return codes


@use_case
def turn_off(user_id: int, *, actor: Viewer, at: datetime) -> None:
    """The owner, or an administrator for somebody whose telephone is gone (the caller has judged that). The password
    still stands between, and the owner is told."""
    db.session.execute(delete(_APP).where(_APP.c.user_id == user_id))
    db.session.execute(delete(_KEY).where(_KEY.c.user_id == user_id))
    db.session.execute(delete(_CODE).where(_CODE.c.user_id == user_id))
    told(actor, user_id, OFF, at)


@use_case
def remove_app(*, actor: Viewer, at: datetime) -> None:
    """The own app shows no codes that count any more; security keys stay. Without any, the second step is off."""
    db.session.execute(delete(_APP).where(_APP.c.user_id == actor.user_id))
    if is_on(actor.user_id):
        told(actor, actor.user_id, APP_REMOVED, at)
    else:
        turn_off(actor.user_id, actor=actor, at=at)


@use_case
def verified(user_id: int, code: str, *, at: datetime, under: str) -> str:
    """Which factor this code is of, "app" or "recovery code", and use it up; "" if it is wrong or was used before."""
    given = "".join(code.split()).replace("-", "").casefold()
    if given.isascii() and given.isdigit() and len(given) == 6:
        row = _row(user_id)
        if row is None or row.confirmed_at is None:
            return ""
        step = _step(row, given, at=at, under=under)
        if step is None:
            return ""
        taken = db.session.execute(
            update(_APP)
            .where(_APP.c.id == row.id, (_APP.c.last_step.is_(None)) | (_APP.c.last_step < step))
            .values(last_step=step)
        )
        return "app" if taken.rowcount == 1 else ""
    taken = db.session.execute(
        update(_CODE)
        .where(
            _CODE.c.user_id == user_id, _CODE.c.code_hash == _hash(user_id, given), _CODE.c.used_at.is_(None)
        )
        .values(used_at=at)
    )
    if taken.rowcount != 1:
        return ""
    told(None, user_id, USED, at)
    return "recovery code"


# --- inside ---------------------------------------------------------------------------------------------------

_ONE = select(_APP.c.id, _APP.c.sealed, _APP.c.confirmed_at, _APP.c.last_step).where(
    _APP.c.user_id == bindparam("user_id")
)


def _row(user_id):
    return db.session.execute(_ONE, {"user_id": user_id}).first()


def _step(row, code, *, at, under):
    """The time step that this is the code of; None for a wrong code, and for one that was taken before."""
    import pyotp

    secret = _opened(row.sealed, under)
    given = "".join(code.split())
    if not secret or not (given.isascii() and given.isdigit() and len(given) == 6):
        return None
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(given, for_time=at, valid_window=STEPS_OFF)
    except pyotp.exceptions.OTPVerificationError:
        return None
    return step if row.last_step is None or step > row.last_step else None


def _new_codes(user_id):
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    db.session.execute(delete(_CODE).where(_CODE.c.user_id == user_id))
    db.session.execute(
        insert(_CODE),
        [{"id": new_id(), "user_id": user_id, "code_hash": _hash(user_id, code)} for code in codes],
    )
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def _hash(user_id, code):
    """79 random bits need no slow hash; the user's id keeps equal codes of two people apart."""
    return hashlib.sha256(f"{user_id}:{code}".encode("utf-8", "surrogatepass")).hexdigest()


def _box(under):
    from cryptography.fernet import Fernet  # not before somebody uses it: 7 MiB of a worker's memory

    key = hmac.new(under.encode(), b"second factor", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _opened(sealed, under):
    """The secret; "" where it was encrypted under another key (then recovery codes still work)."""
    from cryptography.fernet import InvalidToken

    try:
        return _box(under).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def told(actor: Viewer | None, user_id: int, what: str, at: datetime) -> None:
    """The owner is told by mail, whoever did it, and the record says so."""
    audit.record(actor, f"account: second factor, {what}", at=at, about_id=user_id)
    email = db.session.scalar(select(User.email).where(User.id == user_id))
    outbox.enqueue(
        f"factor:{user_id}:{at:%Y%m%d%H%M%S%f}:{what}",
        to=email,
        subject="A change to signing in to Caseapp",
        body=f"Good day,\n\n{_MAIL[what]}\n\nIf this was not you, tell your agency's administrator at once.\n",
        at=at,
    )
