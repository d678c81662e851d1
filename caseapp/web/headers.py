"""Security headers, on every answer alike: page, fragment, file, error and redirect. tests/test_doors.py holds the whole
set, word for word (design: security, A4; ASVS 3.4)."""

from flask import current_app, request

from caseapp.extensions import login
from caseapp.web.policy_reports import ADDRESS as REPORTS

#: What a page of ours may load, and where a browser tells what tried to load something else.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
    f"report-uri {REPORTS}; report-to policy"
)
#: A file that somebody opens in the browser all the same is a picture of itself: it runs nothing and loads nothing.
FILE_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
ALWAYS = {
    "Content-Security-Policy": CSP,
    "Reporting-Endpoints": f'policy="{REPORTS}"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), "
        "geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), "
        "usb=(), xr-spatial-tracking=()"
    ),
}
HSTS = "max-age=31536000; includeSubDomains"
FOREVER = "public, max-age=31536000, immutable"


def install(app) -> None:
    # nobody is remembered beyond the session; asking would make every static file depend on the cookie
    app.after_request_funcs[None].remove(login._update_remember_cookie)
    app.after_request(dressed)


def dressed(response):
    """The answer with all the headers that it must have."""
    for name, value in ALWAYS.items():
        response.headers[name] = value
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        response.headers["Content-Security-Policy"] = FILE_CSP
        del response.headers["Reporting-Endpoints"]
    if current_app.config["PRODUCTION"]:
        response.headers["Strict-Transport-Security"] = HSTS
    if request.endpoint == "static" and response.status_code in {200, 304}:
        # addresses carry a hash of the content (static_url), so the content never changes under one of them
        response.headers["Cache-Control"] = FOREVER
    else:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "HX-Request, Cookie"
    return response
