"""Forms of the handbook."""

from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

from caseapp import clock
from caseapp import procedures_library as library
from caseapp.vocabulary import (
    ChapterChange,
    ChapterForm,
    PageTint,
    PracticeArea,
    ReadingPurpose,
    TextSize,
)
from caseapp.web.choices import IdSelect, Ticks, number
from caseapp.web.forms import DayField, Form, at_most, needed

TEXT_MOST = 60_000


class HeadForm(Form):
    """What is about a chapter and not in its text."""

    version = HiddenField()
    number = StringField("Number", [needed("Give the chapter a number, such as 5.2"), at_most(12)])
    area = SelectField(
        "Area of practice",
        choices=dict(PracticeArea.choices()),
        invalid_choice_message="Choose one of the list",
    )
    family = SelectField("Holds for", validate_choice=False)
    editor_id = IdSelect("Who answers readers")
    next_revision_on = DayField("Next revision")
    steps = Ticks("Steps of the work it governs", choices=dict(library.STEPS), validate_choice=False)
    related = Ticks("Related chapters", choices={}, validate_choice=False)

    def offer(self, editors, chapters) -> None:
        self.family.choices = {"": "Every procedure"} | library.families()
        self.editor_id.offer(editors, empty="Everybody who may edit")
        self.related.choices = {str(chapter_id): words for chapter_id, words in chapters}

    def head(self) -> dict:
        """As the use cases take it."""
        return {
            "number": self.number.data,
            "area": PracticeArea(self.area.data),
            "family": self.family.data or "",
            "editor_id": self.editor_id.data,
            "next_revision_on": self.next_revision_on.data,
            "steps": self.steps.data or [],
            "related": [n for one in self.related.data or [] if (n := number(one))],
        }


class WordsForm(Form):
    """The words of a version."""

    version = HiddenField()
    title = StringField("Title", [needed("Give the chapter a title"), at_most(160)])
    about = StringField("In one sentence", [at_most(300)])
    form = RadioField(
        "Where the chapter stands",
        choices=dict(ChapterForm.choices()),
        default=ChapterForm.TEXT.value,
        validate_choice=True,
    )
    text = TextAreaField("Text", [at_most(TEXT_MOST)])
    file = FileField("File")
    link = StringField("Address", [at_most(500)])
    quality_theme = StringField("Quality theme", [at_most(160)])
    we_statement = TextAreaField("What we promise (“we”)", [at_most(1000)])
    i_statement = TextAreaField("What the person can say (“I”)", [at_most(1000)])

    def words(self) -> dict:
        """As the use cases take them; the file is kept apart."""
        names = ("title", "about", "text", "link", "quality_theme", "we_statement", "i_statement")
        return {name: self[name].data or "" for name in names} | {"form": ChapterForm(self.form.data)}


class NewForm(HeadForm, WordsForm):
    """A new chapter: its place and the words of its first version."""


class PublishForm(Form):
    version = HiddenField()
    change = RadioField("What this asks of readers", choices={}, validate_choice=False)
    changed = TextAreaField("What is new", [at_most(1000)])
    effective_on = DayField("Holds from", [needed("Say from which day it holds")], default=clock.today)
    read_by = DayField("To be read by")
    next_revision_on = DayField("Next revision")

    def offer(self, first: bool) -> None:
        self.change.choices = (
            {} if first else {one.value: one.label for one in (ChapterChange.READ_AGAIN, ChapterChange.MINOR)}
        )


class WithdrawForm(Form):
    reason = TextAreaField("Why, and what holds instead", [needed("Say why"), at_most(300)])


class ConfirmForm(Form):
    """Reading confirmation (B11)."""

    versions = Ticks(
        "Chapters", [needed("Tick the chapters that you have read")], choices={}, validate_choice=False
    )
    #: everything that the page offered, so that the same versions stand on it again
    offered = HiddenField()
    read_on = DayField("Date read", [needed("Give the day on which you read it")], default=clock.today)
    purpose = RadioField(
        "Read for",
        [needed("Say what you read it for")],
        choices=dict(ReadingPurpose.choices()),
        validate_choice=False,
    )
    purpose_other = StringField("What for", [at_most(300)])
    comment = TextAreaField("Comment", [at_most(2000)])
    stated = BooleanField("Statement", [needed("Tick the sentence if it is true")])

    def chosen(self) -> list[int]:
        return [n for one in self.versions.data or [] if (n := number(one))]


class MistakeForm(Form):
    lines = Ticks("Entered by mistake", choices={}, validate_choice=False)
    reason = TextAreaField("What was wrong", [needed("Say what was wrong"), at_most(1000)])


class FeedbackForm(Form):
    text = TextAreaField(
        "What should the editor know?", [needed("Write what the editor should know"), at_most(2000)]
    )
    seen = HiddenField()


class AnswerForm(Form):
    version = HiddenField()
    answer = TextAreaField("Answer", [needed("Write the answer"), at_most(2000)])


class AidsForm(Form):
    text_size = RadioField(
        "Text size", choices=dict(TextSize.choices()), invalid_choice_message="Choose one of the list"
    )
    tint = RadioField(
        "Colour of the page",
        choices=dict(PageTint.choices()),
        invalid_choice_message="Choose one of the list",
    )
    back = HiddenField()


class TakeForm(Form):
    keys = Ticks("Chapters", choices={}, validate_choice=False)
