"""Agencies, accounts and areas."""

from enum import IntFlag

from caseapp.vocabulary.words import Word


class Role(IntFlag):
    """What a user may be; several at once in a small agency, but a system administrator is only that."""

    WORKER = 1
    LINE_MANAGER = 2
    AGENCY_ADMIN = 4
    COORDINATOR = 8
    NATIONAL_COORDINATOR = 16
    SYSTEM_ADMIN = 32
    PRIVACY_OFFICER = 64

    @property
    def label(self):
        return ROLE_LABELS[self]

    @property
    def labels(self):
        return [ROLE_LABELS[role] for role in Role if role in self]


ROLE_LABELS = {
    Role.WORKER: "Worker",
    Role.LINE_MANAGER: "Line manager",
    Role.AGENCY_ADMIN: "Agency administrator",
    Role.COORDINATOR: "Coordinator",
    Role.NATIONAL_COORDINATOR: "National coordinator",
    Role.SYSTEM_ADMIN: "System administrator",
    Role.PRIVACY_OFFICER: "Privacy officer",
}


class AgencyKind(Word):
    HOMELESS_SERVICE = "homeless_service", "Homeless service"
    DRUG_SERVICE = "drug_service", "Drug service"
    PRESCRIBING_CLINIC = "prescribing_clinic", "Prescribing clinic"
    COUNCIL_TEAM = "council_team", "Council team"
    SOCIAL_WORK = "social_work", "Social work"
    HOUSING = "housing", "Housing"
    PROBATION = "probation", "Probation"
    HEALTH = "health", "Health"
    VOLUNTARY = "voluntary", "Voluntary"
    COORDINATION = "coordination", "Coordination body"
    OTHER = "other", "Other"


class AreaKind(Word):
    LOCAL = "local", "Local task force"
    REGIONAL = "regional", "Regional task force"
    COUNCIL = "council", "Council area"


class LinkKind(Word):
    INVITE = "invite", "Invitation"
    RESET = "reset", "Password reset"


class DigestChoice(Word):
    AT_ONCE = "at_once", "Soon after each change"
    DAILY = "daily", "Once a working day"
    WEEKLY = "weekly", "Once a week, on Monday"
    NEVER = "never", "Never"
