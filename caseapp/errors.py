"""What can go wrong in the domain. The web layer turns these into 422, 409, 404 and 403; nothing else does."""


class RuleBroken(Exception):
    """A rule of the house was not met; the message is shown beside `field` (422). `also` holds what is amiss at the same
    time, as (message, field) pairs, so that nobody learns of it by sending again and again."""

    def __init__(
        self, message: str, field: str | None = None, *, also: tuple[tuple[str, str | None], ...] = ()
    ):
        super().__init__(message)
        self.field, self.also = field, also


class Stale(Exception):
    """Somebody saved first (409). `saved` maps field names to what now stands, `by` and `at` say who and when."""

    def __init__(self, saved: dict, *, by: str = "", at=None, version: int | None = None):
        super().__init__("Somebody changed this while you were writing.")
        self.saved, self.by, self.at, self.version = saved, by, at, version


class NotVisible(Exception):
    """There is no such record for this viewer, whether or not it exists (404)."""


class NotAllowed(Exception):
    """The viewer may see the record but may not do this (403)."""
