"""The starting library: what of it the own handbook has, and taking over more."""

from flask import url_for

from caseapp import clock
from caseapp import procedures_library as shelf
from caseapp.blueprints.procedures import bp
from caseapp.blueprints.procedures.forms import TakeForm
from caseapp.chapter_text import as_html, fill
from caseapp.errors import NotVisible
from caseapp.policy.do import Do
from caseapp.queries import handbook as reads
from caseapp.services import handbook
from caseapp.web.access import allowed
from caseapp.web.answers import page, refused, saved
from caseapp.web.sessions import viewer


@bp.get("/library")
@allowed(Do.EDIT_HANDBOOK)
def library():
    return page("procedures/library.html", **_context(TakeForm(formdata=None)))


@bp.post("/library")
@allowed(Do.EDIT_HANDBOOK)
def take():
    form = TakeForm()
    context = _context(form)
    if form.validate_on_submit() and form.accepts(
        handbook.take, form.keys.data or [], actor=viewer(), at=clock.now()
    ):
        return saved(
            url_for("procedures.index"),
            say="Taken over: these chapters are yours now, and you can change them.",
        )
    context.pop("form")
    return refused("procedures/library.html", form=form, **context)


@bp.post("/library/begin")
@allowed(Do.EDIT_HANDBOOK)
def begin():
    """The starting chapters all at once, for an agency that has no handbook yet."""
    handbook.begin(viewer().agency_id, actor=viewer(), at=clock.now())
    return saved(url_for("procedures.index"), say="Your handbook has begun. Every chapter can be changed.")


@bp.get("/library/<key>")
@allowed(Do.EDIT_HANDBOOK)
def library_chapter(key):
    one = shelf.load().get(key)
    if one is None:
        raise NotVisible
    known = reads.blanks(viewer().agency_id)
    return page(
        "procedures/library_chapter.html",
        one=one,
        html=as_html(fill(one.text, known)),
        offer=next(o for o in reads.offers(viewer=viewer()) if o.chapter.key == key),
        families=shelf.families(),
    )


def _context(form):
    offers = reads.offers(viewer=viewer())
    form.keys.choices = {o.chapter.key: o.chapter.title for o in offers if o.chapter_id is None}
    families = shelf.families()
    groups = [("Everybody", [o for o in offers if not o.chapter.families])] + [
        (name, [o for o in offers if key in o.chapter.families]) for key, name in families.items()
    ]
    return {
        "form": form,
        "groups": [(name, found) for name, found in groups if found],
        "ticked": set(form.keys.data or []),
        "began": reads.families(viewer=viewer()) is not None,
    }
