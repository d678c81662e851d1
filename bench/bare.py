"""The yardstick: a Flask page that does nothing."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
@app.get("/sign-in")
def hello():
    return "<!doctype html><title>Hello</title><h1>Hello</h1>"
