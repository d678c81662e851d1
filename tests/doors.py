"""What every answer carries at the door, written out once more: a test that read it from the code would hold nothing."""

EXPECTED = {
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
PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
        "report-uri /policy-reports; report-to policy"
    ),
    "Reporting-Endpoints": 'policy="/policy-reports"',
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Cookie",
}
FILE = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Cookie",
}
STATIC = PAGE | {"Cache-Control": "public, max-age=31536000, immutable"}
del STATIC["Vary"]
#: What an answer may say besides, because it is about this one answer.
OWN = {
    "Accept-Ranges", "Allow", "Clear-Site-Data", "Content-Disposition", "Content-Length", "Content-Type", "Date", "ETag", "HX-Fragment",
    "HX-Redirect", "Last-Modified", "Location", "Retry-After", "Set-Cookie",
}  # fmt: skip
#: Types of what we give out. Text says its encoding (ASVS 4.1.1).
TYPES = {
    "text/html; charset=utf-8", "text/csv; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8",
    "text/calendar; charset=utf-8", "application/pdf", "image/svg+xml; charset=utf-8", "image/svg+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip", "text/plain; charset=utf-8",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.oasis.opendocument.text",
    "application/json",
}  # fmt: skip


def faults_of_headers(response) -> list[str]:
    """What this answer carries too much, too little or otherwise. HSTS is for production alone."""
    headers = response.headers
    if headers.get("Content-Disposition", "").startswith("attachment"):
        special = FILE
    elif response.request.path.startswith("/static/") and response.status_code in (200, 304):
        special = STATIC
    else:
        special = PAGE
    wanted = EXPECTED | special
    got = {name: value for name, value in headers.items() if name not in OWN}
    faults = [f"{name}: {got.get(name)!r}" for name in wanted if got.get(name) != wanted[name]]
    faults += [f"{name} is new: {value!r}" for name, value in got.items() if name not in wanted]
    if response.data and headers.get("Content-Type") not in TYPES:
        faults.append(f"Content-Type: {headers.get('Content-Type')!r}")
    return faults
