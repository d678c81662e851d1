"""Tables and the invariants that hold within one of them."""

from caseapp.models.accounts import OneTimeLink, User, UserArea, UserSession
from caseapp.models.agencies import Agency, AgencyContact, AgencySetting, Area
from caseapp.models.audit import AuditEntry
from caseapp.models.base import Base
from caseapp.models.cases import Case, CaseAgency, CaseAssignment, CaseNote, CaseNoteShare, Event
from caseapp.models.consent import ConsentExclusion, ConsentGrant, ConsentWithheld
from caseapp.models.people import (
    Person,
    PersonIdentifier,
    PersonRelative,
    PersonTrigram,
    PersonWarning,
)
from caseapp.models.plan import (
    Action,
    ActionNote,
    CarePlan,
    Goal,
    GoalStep,
    Need,
    PlanAgreement,
    PlanIssue,
    PlanReview,
    PlanVersion,
)
from caseapp.models.work import ImportBatch, JobRun, Notification, OutboxMessage, SavedView, Submission

__all__ = [
    "Action",
    "ActionNote",
    "Agency",
    "AgencyContact",
    "AgencySetting",
    "Area",
    "AuditEntry",
    "Base",
    "CarePlan",
    "Case",
    "CaseAgency",
    "CaseAssignment",
    "CaseNote",
    "CaseNoteShare",
    "ConsentExclusion",
    "ConsentGrant",
    "ConsentWithheld",
    "Event",
    "Goal",
    "GoalStep",
    "ImportBatch",
    "JobRun",
    "Need",
    "Notification",
    "OneTimeLink",
    "OutboxMessage",
    "Person",
    "PersonIdentifier",
    "PersonRelative",
    "PersonTrigram",
    "PersonWarning",
    "PlanAgreement",
    "PlanIssue",
    "PlanReview",
    "PlanVersion",
    "SavedView",
    "Submission",
    "User",
    "UserArea",
    "UserSession",
]
