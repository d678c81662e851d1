"""The pages, one package for each part of the work. They never import one another."""

from importlib import import_module

NAMES = (
    "auth",
    "home",
    "notifications",
    "people",
    "cases",
    "consent",
    "plan",
    "meetings",
    "escalations",
    "grievances",
    "transfers",
    "restricted",
    "doors",
    "emergency",
    "triage",
    "staff",
    "agency",
    "system",
    "directory",
    "imports",
    "procedures",
    "reading",
    "rights",
    "privacy",
)


def install(app) -> None:
    """Register every blueprint."""
    for name in NAMES:
        app.register_blueprint(import_module(f"caseapp.blueprints.{name}").bp)
