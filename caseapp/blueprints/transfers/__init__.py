"""Transfers: a case handed over to another lead agency, from the first question to the moment at which it leads."""

from flask import Blueprint

bp = Blueprint("transfers", __name__)

from caseapp.blueprints.transfers import views  # noqa: E402, F401 - they register themselves on bp
