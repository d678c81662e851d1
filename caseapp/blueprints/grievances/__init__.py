"""Grievances: between agencies, and a person's own."""

from flask import Blueprint

bp = Blueprint("grievances", __name__)

from caseapp.blueprints.grievances import views  # noqa: E402, F401 - they register themselves on bp
