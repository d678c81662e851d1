"""What every template may use: filters for dates and words, hashed addresses of static files, who is signed in."""

import hashlib
from pathlib import Path

from flask import g, request, session
from flask_login import current_user

from caseapp import dates, ids, references
from caseapp.web import clash, escaping, navigation
from caseapp.web.beside import beside_of, beside_of_minutes
from caseapp.web.marks import two_texts
from caseapp.web.sessions import AIDS, csrf_token


def install(app) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    escaping.install(env)
    # one set of globals for all templates, else Jinja compares two of them at each import of macros
    env.make_globals = lambda more: {**env.globals, **more} if more else env.globals
    env.filters.update(
        day=dates.day,
        short_day=dates.short_day,
        long_day=dates.long_day,
        full_day=dates.full_day,
        hour=dates.hour,
        moment=dates.moment,
        day_of=dates.day_of,
        since_today=dates.since_today,
        said=references.say,
        idtext=ids.written,
    )
    env.globals["url_for"] = navigation.link
    env.globals.update(beside_of=beside_of, beside_of_minutes=beside_of_minutes)
    env.globals.update(
        two_texts=two_texts, clash_rows=clash.rows, clash_compares=clash.compares, saved_by_me=clash.is_me
    )
    env.globals["static_url"] = _hashed(Path(app.static_folder), app.static_url_path)

    @app.context_processor
    def everywhere():
        if getattr(g, "page_context", None) is None:
            g.page_context = _context(app)
        return g.page_context


def _context(app):
    viewer = None
    try:
        if request and current_user.is_authenticated:
            viewer = current_user._get_current_object()
    except Exception as error:  # an error page must stand without a database; its text may hold values
        app.logger.error("no viewer for this page: %s", type(error).__name__)
    if viewer is None:
        return {
            "viewer": None,
            "nav": [],
            "nav_more": [],
            "demo": app.config["ALLOW_DEMO"],
            "csrf": "",
            "unread": 0,
        }
    places = navigation.places(viewer, request.path)
    return {
        "viewer": viewer,
        "nav": places.items,
        "nav_more": places.more,
        "unread": places.unread,
        "governing": places.governing,
        "aids": session.get(AIDS, ""),
        "demo": viewer.demo,
        "csrf": csrf_token(),
    }


def _hashed(folder: Path, base: str):
    """static_url('app.css') → /static/app.css?v=1a2b3c4d: the address changes with the content."""
    known = {}

    def static_url(name: str) -> str:
        if name not in known:
            known[name] = f"{base}/{name}?v={hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]}"
        return known[name]

    return static_url
