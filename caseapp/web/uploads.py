"""Files that come with a form, looked through for viruses before any use case sees them (ASVS 5.4.3).

The base form asks `clean` for each of its files once everything else about it is right, so that no view can forget it. The
look takes place outside of the request's transaction: nobody waits for the scanner but who sent the file.
"""

from flask import current_app, request

from caseapp import clock
from caseapp.services import infected_files, virus_scan
from caseapp.web.sessions import viewer
from caseapp.web.transactions import outside_transaction

AWAY = (
    "The file could not be looked through for viruses just now, so it was not taken. Try again in a few minutes; if it stays "
    "so, tell those who run the system."
)
INFECTED = (
    "A virus was found in this file, so it was not taken, and nothing of it was kept. Do not open or send it on: have the "
    "computer that it comes from looked at. Your line managers and administrators have been told."
)


def clean(field) -> bool:
    """Whether the file in this field may be taken; else the reason is beside it. True where there is no file, and where no
    scanner is set (CLAMD_URL)."""
    upload, url = field.data, current_app.config["CLAMD_URL"]
    if not url or not upload or not getattr(upload, "filename", ""):
        return True
    data = upload.stream.read()
    upload.stream.seek(0)
    try:
        with outside_transaction():
            virus = virus_scan.found_in(data, url)
    except virus_scan.NotScanned as why:
        current_app.logger.error("a file was not looked through for viruses: %s", why)
        return _no(field, AWAY)
    if virus is None:
        return True
    infected_files.refused(
        actor=viewer(), at=clock.now(), data=data, virus=virus, address=request.remote_addr or ""
    )
    return _no(field, INFECTED)


def _no(field, why) -> bool:
    field.errors = [*field.errors, why]
    return False
