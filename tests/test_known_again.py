"""What is worked out once and known again: escaped texts, addresses of one shape, cookies. Never what somebody may see."""

import pytest
from flask import url_for
from markupsafe import Markup, escape

from caseapp import clock, ids
from caseapp.extensions import db
from caseapp.models import UserSession
from caseapp.web.escaping import written
from caseapp.web.navigation import reach


@pytest.mark.parametrize(
    "value", ["plain", "<b>&\"'</b>", "é “quoted”", "", 0, 7, None, True, Markup("<b>bold</b>"), ["<i>"]]
)
def test_a_template_writes_what_markupsafe_would(value):
    assert str(written(value)) == str(escape(value))


def test_a_page_escapes_what_somebody_typed(app):
    page = app.jinja_env.from_string("<p title='{{ text }}'>{{ text }}{{ safe }}{{ text|upper }}</p>")
    bad = "<script>alert('x')</script>"
    shown = page.render(text=bad, safe=Markup("<b>ok</b>"))
    assert "<script" not in shown.lower().replace("&lt;script", "") and "<b>ok</b>" in shown
    assert str(escape(bad)) in shown


def test_an_address_of_a_known_shape_is_the_address(app):
    one, other = 1 << 40, 1 << 41
    with app.test_request_context("/"):
        for action_id, reference in ((one, "41729304"), (other, "52830663"), (one, "10000022")):
            values = {"reference": reference, "action_id": action_id}
            assert reach("plan.edit_action", **values) == url_for("plan.edit_action", **values)
        assert reach("plan.show", reference="41729304", show="{0}") == url_for(
            "plan.show", reference="41729304", show="{0}"
        )
        assert reach("no.such_page") is None
    assert ids.read(ids.written(one)) == one


def test_a_cookie_that_is_known_again_opens_nothing_once_its_session_has_ended(app, as_, world):
    first = as_("orla")
    second = as_("orla")
    plan = f"/cases/{world.reference}/plan"
    assert first.get(plan).status_code == 200 and first.get(plan).status_code == 200
    db.session.query(UserSession).update({"ended_at": clock.now(), "ended_reason": "signed out"})
    db.session.commit()
    assert first.get(plan).status_code == 303
    assert second.get(plan).status_code == 303
