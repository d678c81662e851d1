"""Whom news is for, and what the audit record says was done."""

from caseapp.vocabulary.words import Word


class Audience(Word):
    """Who an event of the case may be shown to, beside the case manager and the lead agency's manager."""

    LEAD = "lead", "Lead agency"
    PLAN = "plan", "Everyone with the full plan"
    AGENCY = "agency", "The lead agency and one agency"
    ACTION = "action", "Everyone who sees the action"
    ALL = "all", "Everyone in the plan"


class AuditAct(Word):
    READ = "read", "Looked"
    LISTED = "listed", "Seen in a list"
    SEARCHED = "searched", "Found by search"
    CHANGED = "changed", "Changed"
    REFUSED = "refused", "Refused"
    EXPORTED = "exported", "Exported"
    PRINTED = "printed", "Printed"
    SIGNED_IN = "signed_in", "Signed in"
    SIGNED_OUT = "signed_out", "Signed out"
    #: A letter or a mail went out.
    SENT = "sent", "Sent"
    EMERGENCY = "emergency", "Opened in an emergency"
    DISCLOSED = "disclosed", "Disclosed"
