"""create_app(): settings, extensions, plumbing, blueprints, error pages; then no route may lack an access rule."""

import os
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url
from werkzeug.middleware.proxy_fix import ProxyFix

from caseapp import blueprints, cli, clock
from caseapp.extensions import csrf, db, install_postgresql, install_sqlite
from caseapp.services import virus_scan
from caseapp.web import (
    access,
    directories,
    error_pages,
    headers,
    logs,
    policy_reports,
    reading,
    sanity,
    second_step,
    sessions,
    templating,
    urls,
)
from config.default import from_environment

#: More than there are: with too few kept, Jinja would compile templates again and again.
TEMPLATES_KEPT = 1000


def create_app(overrides: dict | None = None) -> Flask:
    """The application. `overrides` are Flask settings that win over the environment (tests); DATABASE_URL among them
    stands for SQLALCHEMY_DATABASE_URI. Raises RuntimeError where a production setting is unsafe."""
    app = Flask("caseapp", static_folder="static", template_folder="templates")
    app.jinja_options = app.jinja_options | {"cache_size": TEMPLATES_KEPT}
    app.config.update(from_environment())
    overrides = dict(overrides or {})
    if "DATABASE_URL" in overrides:
        overrides["SQLALCHEMY_DATABASE_URI"] = overrides.pop("DATABASE_URL")
    app.config.update(overrides)
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", _engine_options(app.config["SQLALCHEMY_DATABASE_URI"]))
    _refuse_unsafe(app)
    logs.install(app)
    clock.use_zone(app.config["TIME_ZONE"])
    if app.config["PROXY_HOPS"]:
        hops = app.config["PROXY_HOPS"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)

    db.init_app(app)
    with app.app_context():
        (install_sqlite if db.engine.dialect.name == "sqlite" else install_postgresql)(db.engine)
    policy_reports.install(app)
    sanity.install(app)  # before the CSRF check, which comes before anybody is looked up
    reading.install(app)
    csrf.init_app(app)
    sessions.install(app)
    urls.install(app)
    templating.install(app)
    directories.install(app)
    second_step.install(app)
    blueprints.install(app)
    error_pages.install(app)
    headers.install(app)
    cli.install(app)
    access.refuse_unguarded(app)
    if app.config["PRODUCTION"]:
        _refuse_demo(app)
        _warn(app)
    return app


def _engine_options(address: str) -> dict:
    """How connections are kept: the one used last first, as it has the tables in its cache and what PostgreSQL has planned.
    A database in memory has one connection alone and no pool to say this of."""
    options: dict = {"hide_parameters": True}
    if make_url(address).database not in (None, "", ":memory:"):
        options["pool_use_lifo"] = True
    return options


def _refuse_unsafe(app):
    if app.config["BREACH_LIST"] and not Path(app.config["BREACH_LIST"]).is_file():
        raise RuntimeError("BREACH_LIST names a file that is not there")
    if app.config["CLAMD_URL"]:
        try:
            virus_scan.place(app.config["CLAMD_URL"])
        except ValueError as why:
            raise RuntimeError(f"CLAMD_URL: {why}") from None
    if not app.config["PRODUCTION"]:
        return
    if len(app.config["SECRET_KEY"]) < 32:
        raise RuntimeError("SECRET_KEY must be set, at least 32 characters, in production")
    if not app.config["PUBLIC_URL"].startswith("https://"):
        raise RuntimeError("PUBLIC_URL must be the https:// address that people use, in production")
    if app.config["SECOND_FACTOR"] not in {"required", "agencies"}:
        raise RuntimeError("SECOND_FACTOR must be required or agencies, in production")


def _warn(app):
    """What a live system can do without, but should not. Not by each command of the timer, which would be mailed each time."""
    if not app.config["CLAMD_URL"] and not os.environ.get("FLASK_RUN_FROM_CLI"):
        app.logger.warning(
            "CLAMD_URL is not set: uploaded files are not looked through for viruses (docs/operators/deploy.md)"
        )


def _refuse_demo(app):
    """A live system does not start with demo accounts in it."""
    from sqlalchemy import inspect

    from caseapp.queries.accounts import demo_accounts_exist

    with app.app_context():
        if inspect(db.engine).has_table("user") and demo_accounts_exist():
            raise RuntimeError(
                "demo accounts are in this database: a production system does not start with them"
            )
        db.session.remove()
