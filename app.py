"""The WSGI entry: `flask --app app …`, `gunicorn app:app`."""

from caseapp import create_app

app = create_app()
