"""How a view answers: a page, a fragment for htmx, a saved form, a refused one. HX-Request decides the shape of an
answer, never what may be in it."""

from flask import flash, make_response, redirect, render_template, request

HTMX = "HX-Request"


def wants_fragment() -> bool:
    """Whether htmx is asking and will put the answer into the page it shows."""
    return request.headers.get(HTMX) == "true"


def page(template: str, status: int = 200, **context):
    """A whole page."""
    return make_response(render_template(template, **context), status)


def fragment(template: str, status: int = 200, *, say: str = "", **context):
    """One root element, and a sentence for the page's live region."""
    html = render_template(template, **context)
    if say:
        html += render_template("components/_say.html", say=say)
    response = make_response(html, status)
    response.headers["HX-Fragment"] = "1"
    return response


def either(full: str, part: str, status: int = 200, **context):
    """The page, or, for htmx, the very fragment that the page includes."""
    return fragment(part, status, **context) if wants_fragment() else page(full, status, **context)


def saved(url: str, part: str | None = None, *, say: str = "", **context):
    """A form that went through: the fragment as it now is, or a redirect to where it shows, with a note."""
    if part and wants_fragment():
        return fragment(part, say=say, **context)
    if say:
        flash(say, "ok")
    if wants_fragment():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)


def refused(full: str, part: str | None = None, *, form, **context):
    """The same form with its errors (422), or with both texts when somebody saved first (409)."""
    status = 409 if form.stale else 422
    if part and wants_fragment():
        return fragment(part, status, form=form, **context)
    return page(full, status, form=form, **context)
