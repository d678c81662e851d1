"""Consent: what the person agreed to share, with whom, until when."""

from flask import Blueprint

bp = Blueprint("consent", __name__)

from caseapp.blueprints.consent.views import (  # noqa: E402, F401 - the views register themselves on bp
    disclosures,
    ending,
    never,
    recording,
    showing,
)
