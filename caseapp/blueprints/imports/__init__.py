"""Caseload sheets: upload, preview, confirm."""

from flask import Blueprint

bp = Blueprint("imports", __name__)

from caseapp.blueprints.imports import views  # noqa: E402, F401 - the views register themselves on bp
