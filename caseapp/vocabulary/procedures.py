"""Procedures and reading confirmation (B11, C12)."""

from caseapp.vocabulary.words import Word


class PracticeArea(Word):
    RIGHTS = "rights", "Consent, confidentiality and rights"
    FIRST_CONTACT = "first_contact", "First contact and referral"
    ASSESSMENT = "assessment", "Assessment"
    PLANNING = "planning", "Planning and key working"
    TOGETHER = "together", "Working together"
    SAFETY = "safety", "Safety and safeguarding"
    MOVING_ON = "moving_on", "Reviews, transfer and closing"
    RECORDS = "records", "Records and information"
    STAFF = "staff", "Staff and supervision"


class ChapterForm(Word):
    TEXT = "text", "Text written here"
    FILE = "file", "An attached file"
    LINK = "link", "A page elsewhere"


class ChapterChange(Word):
    """What a new version asks of those who confirmed the one before (X-14)."""

    FIRST = "first", "First version"
    MINOR = "minor", "Minor edit"
    READ_AGAIN = "read_again", "Must be read again"


class ReadingPurpose(Word):
    """S0-32."""

    INDUCTION = "induction", "Induction"
    SUPERVISION = "supervision", "Supervision"
    CPD = "cpd", "Learning (CPD)"
    TEAM_DISCUSSION = "team_discussion", "Team discussion"
    OTHER = "other", "Something else"


class ConfirmationKind(Word):
    READ = "read", "Read"
    MISTAKE = "mistake", "Entered by mistake"


class ReadingTarget(Word):
    """Whom an assignment of reading meets."""

    AGENCY = "agency", "Everybody in the agency"
    ROLE = "role", "Everybody with a role"
    PROFESSION = "profession", "Everybody of a profession"
    TEAM = "team", "The team of a line manager"
    PERSON = "person", "One person"


class TextSize(Word):
    NORMAL = "normal", "Normal text"
    LARGE = "large", "Larger text"
    LARGEST = "largest", "Largest text"


class PageTint(Word):
    """The colour behind the text, for readers whom black on white tires (X-15)."""

    PAPER = "paper", "As usual"
    CREAM = "cream", "Cream"
    BLUE = "blue", "Pale blue"
    GREEN = "green", "Pale green"
    ROSE = "rose", "Rose"
