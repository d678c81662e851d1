"""Fields are drawn by our own macro, without WTForms' widgets, where these would write the very same."""

import pytest
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from caseapp.web.choices import Ticks
from caseapp.web.forms import Form

HARD = '\n"Quotes" & <b>marks</b> it’s\n'
PICKS = [
    SelectChoice("", "None"),
    SelectChoice("a&b", 'Both <i>"A"</i>'),
    SelectChoice("c"),
]


class Sample(Form):
    line = StringField("Line", default=HARD)
    short = StringField("Short", [Length(max=5)])
    text = TextAreaField("Text", default=HARD)
    empty = TextAreaField("Empty")
    pick = SelectField("Pick", choices=PICKS, default="a&b")
    held = StringField("Held", render_kw={"readonly": True})
    kind = RadioField("Kind", choices=PICKS[1:], default="c")
    ticks = Ticks("Ticks", choices=PICKS[1:], default=["c"])


@pytest.fixture
def drawn(app):
    with app.test_request_context():
        form = Sample(formdata=None)
        macro = app.jinja_env.from_string(
            '{% from "components/field.html" import field %}{{ field(f, **more) }}'
        )
        yield form, lambda name, **more: macro.render(f=form[name], more=more)


WAYS = (
    ("line", "govuk-input", {}),
    ("line", "govuk-input govuk-input--width-10", {"width": 10}),
    ("line", "govuk-input", {"autocomplete": "off"}),
    ("line", "govuk-input", {"inputmode": "tel"}),
    ("short", "govuk-input", {}),
    ("held", "govuk-input", {}),
    ("text", "govuk-textarea", {"rows": 2}),
    ("empty", "govuk-textarea", {"rows": 4}),
    ("pick", "govuk-select", {}),
)


def test_a_field_is_written_as_wtforms_writes_it(drawn):
    form, draw = drawn
    for name, skin, given in WAYS:
        attributes = {one: value for one, value in given.items() if one != "width"}
        theirs = str(form[name](class_=skin, required=False, **attributes)).replace("\r\n", "\n")
        assert theirs in draw(name, **given), (name, given)


def test_a_hint_and_an_error_are_told_of_at_the_field_itself(drawn):
    form, draw = drawn
    form.text.errors = ["Say why"]
    html = draw("text", hint="Orla reads it")
    assert (
        'aria-describedby="text-hint text-error" class="govuk-textarea govuk-textarea--error" id="text"'
        in html
    )
    assert ">Say why<" not in html and "Say why</p>" in html and "Orla reads it</div>" in html


def test_radios_and_ticks_have_the_values_and_marks_of_their_choices(drawn):
    form, draw = drawn
    for name in ("kind", "ticks"):
        html = draw(name, option_hints={"c": "The third"})
        for option in form[name]:
            checked = " checked" if option.checked else ""
            assert f'id="{option.id}" name="{name}" type="{form[name].option_widget.input_type}"' in html
            assert f'value="{option.data.replace("&", "&amp;")}"{checked}' in html
        assert "Both &lt;i&gt;&#34;A&#34;&lt;/i&gt;</label>" in html
        assert 'aria-describedby="' + name + '-1-hint"' in html and "The third</div>" in html
