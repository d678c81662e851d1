"""An agency's directory for tests: a real OpenID Connect provider (oidc-provider-mock) in a process of its own, on loopback.

It keeps PKCE, which the package does not, and lies where a test tells it to:

    directory.lies(claims={"aud": "somebody else"})     changed claims, signed with its own key all the same
    directory.lies(alg="none"), lies(key="another"), lies(drop=["nonce"]), lies(down=True), lies(about={"issuer": "…"})
"""

import base64
import contextlib
import hashlib
import json
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.postgres import _die_with_parent
from tests.servers import ROOT, free_port

CLIENT, SECRET = "caseapp", "a secret that only the two know"
KEY = "canal"


class Directory:
    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"

    def lies(self, **lies):
        """From now on; without anything it tells the truth again."""
        httpx.post(self.issuer + "/lies", json=lies).raise_for_status()

    def let_in(self, there: str, subject: str) -> str:
        """Somebody gives their password there: the address that the browser is sent back to."""
        answer = httpx.post(there, data={"sub": subject}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def file(self, path, **more) -> str:
        """The operator's file that names it."""
        lines = {
            "key": KEY,
            "label": "Canal Street account",
            "issuer": self.issuer,
            "client_id": CLIENT,
        } | more
        lines.setdefault("client_secret_env", "CANAL_SECRET")
        said = "\n".join(f"{name} = {json.dumps(value)}" for name, value in lines.items())
        path.write_text(f"[[directory]]\n{said}\n", encoding="utf-8")
        return str(path)


@contextlib.contextmanager
def running():
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.directory", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,
    )
    directory = Directory(port)
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(directory.issuer + "/jwks")
                break
            assert process.poll() is None, "the directory did not start"
            time.sleep(0.1)
        yield directory
    finally:
        process.kill()
        process.wait()


# --- in the other process -------------------------------------------------------------------------------------------


def _serve(port):
    import flask
    from oidc_provider_mock._app import app as provider
    from werkzeug.serving import make_server

    app = provider(require_nonce=True)
    app.debug = False
    told, challenges = {}, {}

    @app.post("/lies")
    def lies():
        told.clear()
        told.update(flask.request.get_json())
        return {}

    @app.before_request
    def keep_to_pkce_and_be_down():
        path = flask.request.path
        if told.get("down") and path != "/lies":
            return "down", 503
        if path == "/oauth2/token":
            verifier = flask.request.form.get("code_verifier", "")
            made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
            user, _, secret = (
                base64.b64decode(flask.request.headers.get("Authorization", "Basic Og==").split()[1])
                .decode()
                .partition(":")
            )
            right = secret.replace("%20", " ") == SECRET and user == CLIENT
            if challenges.pop(flask.request.form.get("code"), None) != made or not right:
                return {"error": "invalid_grant"}, 400
        return None

    @app.after_request
    def lie(response):
        path = flask.request.path
        if path == "/oauth2/authorize" and response.location:
            code = parse_qs(urlsplit(response.location).query).get("code", [None])[0]
            challenges[code] = flask.request.args.get("code_challenge")
        if path == "/.well-known/openid-configuration" and "about" in told:
            response.set_data(json.dumps(response.get_json() | told["about"]))
        if path == "/oauth2/token" and response.status_code == 200 and told:
            said = response.get_json()
            said["id_token"] = _tampered(said["id_token"], told, flask.g.oidc_provider_mock_storage.jwk)
            response.set_data(json.dumps(said))
        return response

    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


def _tampered(token, told, own):
    from joserfc import jwk, jws

    header, payload = (json.loads(_raw(part)) for part in token.split(".")[:2])
    payload = {n: v for n, v in (payload | told.get("claims", {})).items() if n not in told.get("drop", ())}
    header |= told.get("header", {})
    alg = told.get("alg", "RS256")
    body = json.dumps(payload).encode()
    if alg == "none":
        return ".".join([_text(json.dumps(header | {"alg": "none"}).encode()), _text(body), ""])
    if alg == "HS256":  # signed with the half of the key that everybody knows
        public = jwk.RSAKey.import_key(own.as_dict()).as_pem(private=False)
        import hmac

        start = f"{_text(json.dumps(header | {'alg': alg}).encode())}.{_text(body)}"
        return f"{start}.{_text(hmac.new(public, start.encode(), hashlib.sha256).digest())}"
    key = jwk.RSAKey.import_key(own.as_dict(is_private=True))
    if told.get("key") == "another":
        key = jwk.RSAKey.generate_key(2048)
    signed = jws.serialize_compact(header | {"alg": alg}, body, key, algorithms=[alg])
    return signed[:-6] + ("AAAAAA" if told.get("signature") else signed[-6:])


def _raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
