"""Kept apart, and told without consent (X-6, S2-43)."""

from caseapp.vocabulary.words import Word


class RestrictedKind(Word):
    CHILD_PROTECTION = "child_protection", "Child protection or welfare"
    SOCIAL_WORK = "social_work", "Given by social work in confidence"
    CONFERENCE = "conference", "From a statutory conference"
    THIRD_PARTY = "third_party", "About somebody else, or from them"
    OTHER = "other", "Something else to be kept apart"


class DisclosureHow(Word):
    PHONE = "phone", "By phone"
    IN_PERSON = "in_person", "In person"
    PORTAL = "portal", "Through their own portal or form"
    SECURE_MAIL = "secure_mail", "By encrypted mail"
    LETTER = "letter", "By letter"
    INSPECTION = "inspection", "They looked at the record here"


class DisclosureTold(Word):
    BEFORE = "before", "Yes, before"
    AFTER = "after", "Yes, afterwards"
    NOT = "not", "No"


class DisclosureAct(Word):
    RECORDED = "recorded", "Recorded"
    SEEN = "seen", "Acknowledged by the line manager"
    WITHHELD = "withheld", "Kept from the person’s copy"
    LIFTED = "lifted", "No longer kept from the person’s copy"
    TOLD = "told", "The person was told"
