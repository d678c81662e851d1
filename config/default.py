"""Settings, read from the environment; every default is safe for production and fit to publish.

`from_environment()` returns a dict of Flask configuration. Lengths of time are seconds unless a name says otherwise.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


def _flag(name, default):
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def _secret_key(data: Path, production: bool) -> str:
    """SECRET_KEY, or the key that `make run` keeps in the data folder. Production must name its own."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    kept = data / "secret.key"
    if kept.exists():
        return kept.read_text().strip()
    if production:
        return ""  # the factory refuses to start without one
    import secrets

    data.mkdir(parents=True, exist_ok=True)
    handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key


def _trusted_hosts(production: bool) -> list[str] | None:
    """The names it answers to; in production, where nothing is said, the one in PUBLIC_URL. None: any."""
    named = [host.strip() for host in os.environ.get("TRUSTED_HOSTS", "").split(",") if host.strip()]
    if not named and production:
        named = [host] if (host := urlsplit(os.environ.get("PUBLIC_URL", "")).hostname) else []
    return named or None


def from_environment() -> dict:
    env = os.environ.get("CASEAPP_ENV", "development").strip().lower()
    production = env == "production"
    data = Path(os.environ.get("CASEAPP_DATA", ROOT / "instance")).resolve()
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{data / 'caseapp.sqlite'}"
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    return {
        "CASEAPP_ENV": env,
        "PRODUCTION": production,
        "CASEAPP_DATA": str(data),
        "SQLALCHEMY_DATABASE_URI": url,
        "SECRET_KEY": _secret_key(data, production),
        "SESSION_COOKIE_NAME": "__Host-caseapp" if production else "caseapp",
        "SESSION_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_IDLE_SECONDS": int(os.environ.get("SESSION_IDLE_MINUTES", "15")) * 60,
        "SESSION_ABSOLUTE_SECONDS": int(os.environ.get("SESSION_ABSOLUTE_HOURS", "12")) * 3600,
        "SECOND_FACTOR": os.environ.get("SECOND_FACTOR", "required" if production else "offered")
        .strip()
        .lower(),
        "AUDIT_KEYS": os.environ.get("AUDIT_KEYS", ""),
        "AUDIT_CHECKPOINTS": os.environ.get("AUDIT_CHECKPOINTS", "").strip(),
        "AUDIT_CHECKPOINT_MINUTES": int(os.environ.get("AUDIT_CHECKPOINT_MINUTES", "10")),
        "DIRECTORIES": os.environ.get("DIRECTORIES", ""),
        "BREACH_LIST": os.environ.get("BREACH_LIST", ""),
        "CLAMD_URL": os.environ.get("CLAMD_URL", "").strip(),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": True,
        "MAX_CONTENT_LENGTH": 6 * 1024 * 1024,
        # far beyond what fits the longest field: what is too long is said beside its field, and kept; only the absurd is 413
        "MAX_FORM_MEMORY_SIZE": 3 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "TRUSTED_HOSTS": _trusted_hosts(production),
        "PROVIDE_AUTOMATIC_OPTIONS": False,  # what a page does not say it takes is refused (405)
        "PROXY_HOPS": int(os.environ.get("PROXY_HOPS", "0")),
        "PUBLIC_URL": os.environ.get("PUBLIC_URL", "").rstrip("/"),
        "TIME_ZONE": os.environ.get("TIME_ZONE", "Europe/Dublin"),
        "SMTP_HOST": os.environ.get("SMTP_HOST", ""),
        "SMTP_PORT": int(os.environ.get("SMTP_PORT", "25")),
        "SMTP_USER": os.environ.get("SMTP_USER", ""),
        "SMTP_PASSWORD": os.environ.get("SMTP_PASSWORD", ""),
        "SMTP_STARTTLS": _flag("SMTP_STARTTLS", True),
        "MAIL_FROM": os.environ.get("MAIL_FROM", "caseapp@localhost"),
        "ALLOW_DEMO": _flag("ALLOW_DEMO", not production),
    }
