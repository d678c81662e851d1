"""News: what others changed, and reminders, each in words that the reader may read now."""

from flask import redirect, request, url_for

from caseapp import clock, ids
from caseapp.blueprints.notifications import bp
from caseapp.queries import notifications as reads
from caseapp.services import notifications
from caseapp.web import lists, navigation
from caseapp.web.access import signed_in
from caseapp.web.answers import page
from caseapp.web.forms import Form
from caseapp.web.sessions import local_path, viewer


def _number():
    number = request.args.get("page", "")
    return max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 5 else 1


@bp.get("/news")
@signed_in
def index():
    unread_only = request.args.get("show") == "unread"
    total = reads.total(viewer=viewer(), unread_only=unread_only)
    pages = max(1, -(-total // reads.PER_PAGE))
    number = min(_number(), pages)
    groups = reads.groups(
        viewer=viewer(), offset=(number - 1) * reads.PER_PAGE, limit=reads.PER_PAGE, unread_only=unread_only
    )
    items = [one for group in groups for one in group.notices]
    lists.note_listed("news", [one.case_id for one in items])
    return page(
        "notifications/index.html",
        groups=groups,
        pager=_Pages(total, pages, number, "unread" if unread_only else ""),
        unread_only=unread_only,
        until=max((one.id for one in items), default=0),
        reach=navigation.reach,
        form=Form(),
        today=clock.today(),
    )


class _Pages:
    def __init__(self, total, pages, number, show):
        self.total, self.pages, self.number, self.show = total, pages, number, show

    def url(self, number):
        return url_for("notifications.index", page=number if number > 1 else None, show=self.show or None)


def _back():
    return redirect(local_path(request.form.get("back")) or url_for("notifications.index"), 303)


@bp.post("/news/<id:notification_id>/read")
@signed_in
def mark_read(notification_id):
    notifications.read([notification_id], actor=viewer(), at=clock.now())
    return _back()


@bp.post("/news/read")
@signed_in
def mark_all_read():
    try:
        until = ids.read(request.form.get("until", ""))
    except ValueError:
        return _back()
    notifications.read_all(until=until, actor=viewer(), at=clock.now())
    return _back()
