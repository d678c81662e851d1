"""Full addresses for mail: of single-use links, of pages; and whether somebody here must pass one on by hand."""

from flask import current_app, request, url_for


def link_to(token: str) -> str:
    """The full address behind a link's token: on PUBLIC_URL, or, where none is configured, on this very host."""
    return (current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")) + url_for(
        "auth.new_password", token=token
    )


def to_hand_over(link: str) -> str:
    """The link, where no mail can be sent from here, so that whoever made it can give it to its owner; else nothing.
    Never in production: there, mail that cannot leave waits in the outbox."""
    return "" if current_app.config["SMTP_HOST"] or current_app.config["PRODUCTION"] else link


def page_link(endpoint: str, **values) -> str:
    """The full address of a page, for mail."""
    return (current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")) + url_for(endpoint, **values)
