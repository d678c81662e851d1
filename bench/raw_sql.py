"""The statements of `bench/raw.py`, written by hand for SQLite and PostgreSQL alike, and one connection for each process."""

import os
import sqlite3
from datetime import UTC, date, datetime
from functools import lru_cache

from caseapp import clock

URL = os.environ["DATABASE_URL"]
SQLITE = URL.startswith("sqlite")


def _sql(text: str) -> str:
    """Both drivers take the values by number, each with its own sign."""
    return text if SQLITE else text.replace("?", "$")


#: ?1 the reference, ?2 today, ?3 now
HEAD = _sql("""
SELECT c.id, c.lead_agency_id, m.id, p.given_name, p.family_name, p.known_as, p.born_on, p.born_approximate, p.safe_contact,
 p.language, p.interpreter, p.access_needs, a.name, m.name, m.phone, l.name, c.protocol_key, c.protocol_version,
 c.commitment_ends_on, k.status, k.agreed_version, k.agreed_at, k.next_review_on, k.strengths, k.strengths_around,
 k.contingency, k.no_contingency_reason, n.id, n.kind, n.starts_at, n.status,
 (SELECT value FROM agency_setting WHERE agency_id = c.lead_agency_id AND key = 'issue_answer_working_days'),
 (SELECT value FROM agency_setting WHERE agency_id = c.lead_agency_id AND key = 'consent_warning_days'),
 (SELECT count(*) FROM event WHERE case_id = c.id),
 (SELECT count(DISTINCT y.agency_id) FROM meeting x JOIN meeting_lead_claim y ON y.meeting_id = x.id
  WHERE x.case_id = c.id AND x.status IN ('cancelled', 'not_convened')),
 EXISTS (SELECT 1 FROM transfer WHERE case_id = c.id AND ended_at IS NULL AND reason = 'excluded'),
 (SELECT count(*) FROM (SELECT 1 FROM notification WHERE user_id = m.id AND read_at IS NULL LIMIT 30) u),
 (SELECT count(*) FROM (SELECT 1 FROM action x JOIN "case" y ON y.id = x.case_id
  WHERE x.owner_agency_id = c.lead_agency_id AND x.status = 'requested' AND y.closed_at IS NULL LIMIT 30) u),
 (SELECT count(*) FROM meeting_attendee x JOIN meeting y ON y.id = x.meeting_id
  WHERE x.agency_id = c.lead_agency_id AND x.answer = 'invited' AND (x.user_id IS NULL OR x.user_id = m.id) AND x.kind = 'agency'
  AND x.invited_at IS NOT NULL AND x.removed_at IS NULL AND NOT x.uninvited AND y.status = 'scheduled' AND y.starts_at > ?3),
 (SELECT count(*) FROM escalation WHERE holder_id = m.id),
 (SELECT count(*) FROM transfer x JOIN case_assignment y ON y.case_id = x.case_id AND y.role = 'case_manager' AND y.to_at IS NULL
  WHERE x.from_agency_id = c.lead_agency_id AND x.ended_at IS NULL AND y.user_id = m.id
  AND (x.stage IN ('requested', 'accepted_in_principle', 'consent')
   OR x.stage = 'handover_scheduled' AND (x.handover_on IS NULL OR x.handover_on <= ?2))),
 (SELECT count(*) FROM reading_standing x JOIN chapter y ON y.id = x.chapter_id JOIN chapter_version z ON z.chapter_id = y.id
  WHERE x.user_id = m.id AND x.asked_at IS NOT NULL AND x.waived_at IS NULL AND y.withdrawn_on IS NULL AND z.effective_on <= ?2
  AND (z.superseded_on IS NULL OR z.superseded_on > ?2) AND x.confirmed_number < z.counts_from),
 (SELECT count(*) FROM case_assignment x JOIN access_request y ON y.case_id = x.case_id JOIN "case" z ON z.id = x.case_id
  WHERE x.user_id = m.id AND x.role = 'case_manager' AND x.to_at IS NULL AND y.decided_at IS NULL AND y.lapses_on >= ?2
  AND z.closed_at IS NULL)
FROM "case" c JOIN person p ON p.id = c.person_id JOIN agency a ON a.id = c.lead_agency_id
JOIN case_assignment s ON s.case_id = c.id AND s.role = 'case_manager' AND s.to_at IS NULL JOIN "user" m ON m.id = s.user_id
JOIN "user" l ON l.id = c.line_manager_id LEFT JOIN care_plan k ON k.case_id = c.id
LEFT JOIN meeting n ON n.id = (SELECT id FROM meeting WHERE case_id = c.id AND kind <> 'conference'
 AND status IN ('proposed', 'approved', 'scheduled', 'postponed', 'held', 'minutes_draft')
 ORDER BY starts_at IS NULL, starts_at, id LIMIT 1)
WHERE c.reference = ?1""")

GOALS = _sql("""
SELECT id, number, domain, words, title, measure, priority, target_on, status,
 smart_specific AND smart_measurable AND smart_achievable AND smart_relevant AND smart_timed
FROM goal WHERE case_id = ?1 ORDER BY number""")

#: ?2 a week ago: who was asked before that and has not answered leaves a question open
ACTIONS = _sql("""
SELECT x.id, x.goal_id, x.what, x.kind, x.owner_agency_id, x.owner_user_id, x.owner_name, x.by_person, x.due_on, x.status,
 x.status_reason, x.asked_at, x.asked_at < ?2, x.ended_on, x.clinic_talk_on, x.last_note, x.last_note_at, x.last_note_by,
 x.version, a.name, a.short_name, u.name
FROM action x LEFT JOIN agency a ON a.id = x.owner_agency_id LEFT JOIN "user" u ON u.id = x.owner_user_id
WHERE x.case_id = ?1 ORDER BY x.due_on IS NULL, x.due_on, x.id""")

#: ?2 today
ASIDE = _sql("""
SELECT 'grant', g.agency_id, a.name, g.contact_name, a.kind, g.full_plan, CAST(NULL AS integer), g.starts_on, g.expires_on,
 CAST(NULL AS timestamptz)
FROM consent_grant g JOIN agency a ON a.id = g.agency_id
WHERE g.case_id = ?1 AND g.kind = 'information_sharing' AND g.status = 'active' AND g.starts_on <= ?2
AND (g.expires_on IS NULL OR g.expires_on >= ?2)
UNION ALL SELECT 'known', k.agency_id, a.name, k.contact_name, a.kind, NULL, NULL, NULL, NULL, NULL
FROM case_agency k JOIN agency a ON a.id = k.agency_id WHERE k.case_id = ?1 AND k.ended_at IS NULL
UNION ALL SELECT 'never', x.agency_id, a.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM consent_exclusion x JOIN agency a ON a.id = x.agency_id WHERE x.case_id = ?1 AND x.lifted_at IS NULL
UNION ALL SELECT 'need', NULL, NULL, domain, level, wants_help, priority, NULL, NULL, NULL FROM need WHERE case_id = ?1
UNION ALL SELECT 'step', s.goal_id, NULL, s.text, NULL, NULL, s.position, s.done_on, NULL, NULL
FROM goal g JOIN goal_step s ON s.goal_id = g.id WHERE g.case_id = ?1
UNION ALL SELECT 'version', NULL, NULL, reason, NULL, NULL, number, NULL, NULL, agreed_at FROM plan_version WHERE case_id = ?1
UNION ALL SELECT 'agreed', agency_id, NULL, NULL, NULL, agreed, number, NULL, NULL, NULL FROM plan_agreement WHERE case_id = ?1
UNION ALL SELECT 'issue', i.id, a.name, NULL, NULL, NULL, NULL, NULL, NULL, i.raised_at
FROM plan_issue i JOIN agency a ON a.id = i.agency_id WHERE i.case_id = ?1 AND i.answered_at IS NULL
UNION ALL SELECT 'event', e.id, u.name, e.summary, NULL, NULL, NULL, NULL, NULL, e.at
FROM (SELECT id, summary, at, actor_id FROM event WHERE case_id = ?1 ORDER BY at DESC, id DESC LIMIT 6) e
JOIN "user" u ON u.id = e.actor_id""")

_connection = None


def rows(statement, *values) -> list[tuple]:
    """What a statement finds."""
    global _connection
    if _connection is None:
        _connection = _connect()
    return _connection.execute(statement, values).fetchall()


def _connect():
    if SQLITE:
        return sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None)
    import psycopg

    return psycopg.connect(URL.replace("+psycopg", ""), autocommit=True, cursor_factory=psycopg.RawCursor)


# SQLite keeps days and moments as text; PostgreSQL's driver gives and takes days and moments
if SQLITE:

    def given(value: date):
        """A day or a moment in UTC as a value for a statement."""
        return str(value.replace(tzinfo=None) if isinstance(value, datetime) else value)

    @lru_cache(4096)
    def day(text):
        """A day as it comes out of the database."""
        return text and date.fromisoformat(text)

    def moment(text):
        """A moment as it comes out of the database."""
        return text and datetime.fromisoformat(text).replace(tzinfo=UTC)

    @lru_cache(4096)
    def local(text) -> date:
        """The local day of a moment as it comes out of the database."""
        return clock.local_day(moment(text))

else:

    def day(value):
        return value

    given = moment = day
    local = clock.local_day


def close() -> None:
    """Let go of the database."""
    global _connection
    if _connection is not None:
        _connection.close()
    _connection = None
