"""Signing in through an agency's own directory (OpenID Connect): Entra ID, Keycloak and their like.

What crosses the wire, and what is believed of it: the code flow with PKCE, a state and a nonce; the token's signature by a
key that the directory publishes, never `none` and never a shared secret; issuer, audience, times. Whose account it is, and
whether it may come in, is decided elsewhere (services.directory_accounts). Authlib and joserfc are loaded when somebody
comes through a directory and not before (docs/decisions/0023).
"""

import base64
import hmac
import json
import re
import secrets
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

#: Signatures that are believed: by a key pair, of which the directory publishes one half.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "PS384", "PS512", "ES384", "ES512")
#: A directory that takes longer is down, in seconds; and no answer of one is longer, in bytes.
PATIENCE, LARGEST = 6, 512 * 1024
#: How long what a directory says about itself is believed, and how soon unknown keys are asked for again, in seconds.
BELIEVED, ASKED_AGAIN = 3600, 30
#: A token that was made longer ago than this is not of this sign-in.
FRESH = timedelta(minutes=10)
#: What directories write into `amr` where they saw a second factor, or one that counts for two.
STEPS = ("mfa", "otp", "hwk", "swk", "fido", "pop", "sc", "ngcmfa", "rsa")

_KEY = re.compile(r"[a-z0-9-]{1,40}\Z")
_KNOWN = {
    "key", "label", "issuer", "client_id", "client_secret_file", "client_secret_env", "scopes", "amr", "acr",
    "sign_in_afresh", "clock_skew_seconds",
}  # fmt: skip


class Unreachable(Exception):
    """The directory does not answer, or not as one does."""


class Refused(Exception):
    """What came back cannot be believed; the reason is for the log, never for the page."""


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory that the operator has set up. `steps` and `classes`: values of `amr` and `acr` that stand for a second
    step; `afresh`: it asks for its own password each time, as desks are shared."""

    key: str
    label: str
    issuer: str
    client_id: str
    secret: str = field(repr=False, default="")
    scopes: str = "openid profile email"
    steps: frozenset[str] = frozenset(STEPS)
    classes: frozenset[str] = frozenset()
    afresh: bool = True
    skew: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Trip:
    """What a browser carries to a directory and back: secrets that no other browser has."""

    state: str
    nonce: str
    verifier: str
    begun: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Who came back: issuer and subject say whose account it is, `label` is for people. `proved_at`: when they last gave
    their password there, if the directory says so; `stepped`: it saw a second factor."""

    issuer: str
    subject: str
    label: str
    stepped: bool
    proved_at: datetime | None


# --- the operator's file --------------------------------------------------------------------------------------------


def read(path: str, environ: Mapping[str, str], *, production: bool) -> dict[str, Directory]:
    """The directories of the operator's file, by key (docs/operators/sign-in.md). Raises ValueError with a sentence for
    one that cannot be meant, so that a slip is seen at the start and not by whoever signs in first."""
    if not path:
        return {}
    found = {}
    for number, said in enumerate(
        tomllib.loads(Path(path).read_text(encoding="utf-8")).get("directory", ()), 1
    ):
        one = _read_one(said, environ, production, f"directory {said.get('key') or number}")
        if one.key in found or one.issuer in {other.issuer for other in found.values()}:
            raise ValueError(f"directory {one.key}: its key and its issuer must be its own")
        found[one.key] = one
    return found


def _read_one(said, environ, production, which):
    if unknown := set(said) - _KNOWN:
        raise ValueError(f"{which}: there is no {', '.join(sorted(unknown))}")
    for name in ("key", "label", "issuer", "client_id"):
        if not isinstance(said.get(name), str) or not said[name].strip():
            raise ValueError(f"{which}: {name} is missing")
    if not _KEY.match(said["key"]):
        raise ValueError(f"{which}: key is written with small letters, figures and hyphens, 40 at most")
    if not _is_safe(said["issuer"], production) or len(said["issuer"]) > 300:
        raise ValueError(f"{which}: issuer must be its https:// address, as it writes it itself")
    return Directory(
        key=said["key"],
        label=said["label"].strip()[:60],
        issuer=said["issuer"],
        client_id=said["client_id"],
        secret=_secret(said, environ, which),
        scopes=" ".join(dict.fromkeys(["openid", *str(said.get("scopes", "profile email")).split()])),
        steps=frozenset(said.get("amr", STEPS)),
        classes=frozenset(said.get("acr", ())),
        afresh=bool(said.get("sign_in_afresh", True)),
        skew=timedelta(seconds=min(int(said.get("clock_skew_seconds", 60)), 300)),
    )


def _secret(said, environ, which):
    """From a file of its own or from the environment; a directory without a secret relies on PKCE alone."""
    if name := said.get("client_secret_env"):
        if not environ.get(name):
            raise ValueError(f"{which}: the environment has no {name}")
        return environ[name]
    if path := said.get("client_secret_file"):
        return Path(path).read_text(encoding="utf-8").strip()
    return ""


def _is_safe(address, production=True):
    """Whether what goes there cannot be read on the way; for tests, also this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return True
    return not production and parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}


# --- there ----------------------------------------------------------------------------------------------------------


def begin(directory: Directory, *, back: str, at: datetime, afresh: bool = False) -> tuple[str, Trip]:
    """The address to send a browser to, and what it carries. `back` is the full address that it comes back to; `afresh`
    asks for the directory's password again, whatever it remembers. Raises Unreachable."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    trip = Trip(*(secrets.token_urlsafe(32) for _ in range(3)), begun=at)
    asked = {
        "response_type": "code",
        "client_id": directory.client_id,
        "redirect_uri": back,
        "scope": directory.scopes,
        "state": trip.state,
        "nonce": trip.nonce,
        "code_challenge": create_s256_code_challenge(trip.verifier),
        "code_challenge_method": "S256",
    }
    if afresh or directory.afresh:
        asked |= {"prompt": "login", "max_age": "0"}
    there = _about(directory)["authorization_endpoint"]
    return f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}", trip


# --- and back -------------------------------------------------------------------------------------------------------


def finish(
    directory: Directory, trip: Trip, *, code: str, issuer: str | None, back: str, at: datetime
) -> Found:
    """Who came back with this code. `issuer` is what the answer says it is from (RFC 9207), if it does: an answer of
    another directory never reaches this one. Raises Unreachable, or Refused where anything does not fit."""
    about = _about(directory)
    if issuer is not None and issuer != directory.issuer:
        raise Refused("the answer says that it is of another issuer")
    if issuer is None and about.get("authorization_response_iss_parameter_supported") is True:
        raise Refused("the answer does not say who it is from")
    answer = _exchange(directory, about, trip, code, back)
    token = answer.get("id_token")
    if not isinstance(token, str) or len(token) > 20_000:
        raise Refused("no id token")
    claims = _believed(directory, about, token, trip, answer.get("access_token"), at)
    return _found(directory, claims)


def _exchange(directory, about, trip, code, back):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "client_id": directory.client_id,
        "code_verifier": trip.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if directory.secret:
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in ways:
            pair = f"{quote(directory.client_id, safe='')}:{quote(directory.secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_secret"] = directory.secret
    return _fetch(
        about["token_endpoint"], headers, urlencode(form).encode(), refusal="the code was not taken"
    )


def _believed(directory, about, token, trip, access_token, at):
    from authlib.oidc.core import CodeIDToken

    header, payload = _signed(directory, about, token)
    audience = payload.get("aud")
    if audience not in (directory.client_id, [directory.client_id]):
        raise Refused("the token is for somebody else")
    if payload.get("iss") != directory.issuer:
        raise Refused("the token is of another issuer")
    if not isinstance(payload.get("nonce"), str) or not hmac.compare_digest(
        payload["nonce"].encode("utf-8", "replace"), trip.nonce.encode()
    ):
        raise Refused("the token is not of this sign-in")
    options = {name: {"essential": True} for name in ("iss", "sub", "aud", "exp", "iat", "nonce")}
    claims = CodeIDToken(
        payload,
        header,
        options,
        {"client_id": directory.client_id, "nonce": trip.nonce, "access_token": access_token},
    )
    now, leeway = at.timestamp(), directory.skew.total_seconds()
    try:
        claims.validate(now=int(now), leeway=int(leeway))
    except Exception as wrong:
        raise Refused(f"a claim does not hold: {type(wrong).__name__}") from None
    made = _moment(payload["iat"])
    if made is None or made < at - FRESH - directory.skew:
        raise Refused("the token was made long ago")
    return payload


def _signed(directory, about, token):
    """Header and payload, once the signature has been found good."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        header = json.loads(_decoded(token.split(".")[0]))
        kid = header.get("kid")
        allowed = header.get("alg") in ALGORITHMS
    except (ValueError, AttributeError, RecursionError):
        raise Refused("no token") from None
    if not allowed:
        raise Refused("the token is not signed by a key pair")
    for keys in _keys(directory, about, kid):
        usable = [one for one in keys if _is_for_signing(one) and (kid is None or one.get("kid") == kid)]
        if len(usable) != 1:
            continue
        try:
            done = jwt.decode(token, KeySet.import_key_set({"keys": usable}), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            raise Refused(f"the signature does not hold: {type(wrong).__name__}") from None
        if not isinstance(done.claims, dict):
            raise Refused("no claims")
        return done.header, done.claims
    raise Refused("signed with a key that the directory does not publish")


def _is_for_signing(key):
    return isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _found(directory, claims):
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise Refused("no subject")
    labels = (claims.get(name) for name in ("preferred_username", "email", "name"))
    label = next((one for one in labels if isinstance(one, str) and one.isprintable() and one.strip()), "")
    methods = claims.get("amr")
    methods = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
    stepped = bool(methods & directory.steps) or claims.get("acr") in tuple(directory.classes)
    return Found(directory.issuer, subject, label.strip()[:254], stepped, _moment(claims.get("auth_time")))


def _moment(seconds):
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 2**36:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _decoded(text):
    return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


# --- what a directory says about itself -----------------------------------------------------------------------------

_lock = threading.Lock()
_told: dict[tuple[str, str], tuple[float, dict]] = {}


def forget() -> None:
    """Ask every directory anew about itself."""
    with _lock:
        _told.clear()


def _about(directory):
    """Its addresses, as it publishes them; those that cannot be trusted are none."""
    where = directory.issuer.rstrip("/") + "/.well-known/openid-configuration"
    about = _asked(directory.key, where, BELIEVED)
    if about.get("issuer") != directory.issuer:
        raise Unreachable("it says that it is another issuer")
    plain = urlsplit(directory.issuer).scheme == "http"
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(about.get(name), str) or not _is_safe(about[name], production=not plain):
            raise Unreachable(f"its {name} is none")
    return about


def _keys(directory, about, kid):
    """The keys as they are known here, and, where that does not help, as they are now: directories change them."""
    known = _asked(directory.key, about["jwks_uri"], BELIEVED).get("keys")
    yield known if isinstance(known, list) else []
    fresh = _asked(directory.key, about["jwks_uri"], ASKED_AGAIN).get("keys")
    yield fresh if isinstance(fresh, list) else []


def _asked(key, where, believed):
    now = time.monotonic()
    with _lock:
        at, what = _told.get((key, where), (0.0, None))
    if what is not None and now - at < believed:
        return what
    what = _fetch(where, {})
    with _lock:
        _told[key, where] = now, what
    return what


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_about):
        return None


_opener = urllib.request.build_opener(_Straight)


def _fetch(where, headers, body=None, refusal=None):
    """An object that the directory answers with. `refusal`: the reason to give where it answers with an error of ours."""
    asked = urllib.request.Request(where, data=body, headers={"Accept": "application/json"} | headers)  # noqa: S310 - _is_safe
    try:
        with _opener.open(asked, timeout=PATIENCE) as answer:
            text = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as wrong:
        wrong.close()
        if refusal and 400 <= wrong.code < 500:
            raise Refused(refusal) from None
        raise Unreachable(f"it answers with {wrong.code}") from None
    except (OSError, ValueError) as wrong:
        raise Unreachable(type(wrong).__name__) from None
    try:
        said = json.loads(text) if len(text) <= LARGEST else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Unreachable("its answer is none")
    return said
