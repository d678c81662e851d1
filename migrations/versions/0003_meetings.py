"""Case meetings: called, invited, held, and minuted as changes of the plan (S2-20, S3-63)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Issued minutes and their amendments are frozen: the databases themselves refuse to change them (S2-40).
FROZEN = {
    "sqlite": tuple(
        f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
        BEGIN SELECT RAISE(ABORT, 'issued minutes are frozen'); END"""
        for table in ("minutes", "minutes_amendment")
    ),
    "postgresql": (
        """CREATE FUNCTION minutes_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'issued minutes are frozen'; END $$""",
        *(
            f"""CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION minutes_refuse()"""
            for table in ("minutes", "minutes_amendment")
        ),
    ),
}


def upgrade():
    op.create_table(
        "meeting",
        sa.Column("case_id", ID, nullable=True),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "case_meeting",
                "review",
                "lead_agency",
                "handover",
                "exit",
                "conference",
                "group",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "refused",
                "approved",
                "scheduled",
                "postponed",
                "cancelled",
                "not_convened",
                "held",
                "minutes_draft",
                "issued",
                "amended",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.Text(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("aim", sa.Text(), nullable=False),
        sa.Column("why_not_phone", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("touches_family", sa.Boolean(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_note", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("manager_joins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manager_id", ID, nullable=True),
        sa.Column("chair_id", ID, nullable=True),
        sa.Column("chair_name", sa.String(length=120), nullable=False),
        sa.Column("chair_reason", sa.String(length=300), nullable=False),
        sa.Column("minutes_by_id", ID, nullable=True),
        sa.Column("minutes_by_name", sa.String(length=120), nullable=False),
        sa.Column("reports_due_on", sa.Date(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_invited_on", sa.Date(), nullable=True),
        sa.Column("person_invited_how", sa.String(length=300), nullable=False),
        sa.Column("person_not_invited_reason", sa.String(length=300), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decisions_due_on", sa.Date(), nullable=True),
        sa.Column("decisions_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_due_on", sa.Date(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(kind = 'group') = (case_id IS NULL)", name=op.f("ck_meeting_only_a_group_meets_without_a_case")
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'postponed', 'cancelled', 'not_convened') OR status_reason <> ''",
            name=op.f("ck_meeting_no_has_a_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('scheduled', 'held', 'minutes_draft', 'issued', 'amended') OR starts_at IS NOT NULL",
            name=op.f("ck_meeting_arranged_has_a_time"),
        ),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_meeting_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_meeting_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_meeting_case_id")),
        sa.ForeignKeyConstraint(["chair_id"], ["user.id"], name=op.f("fk_meeting_chair_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_meeting_decided_by_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name=op.f("fk_meeting_manager_id")),
        sa.ForeignKeyConstraint(["minutes_by_id"], ["user.id"], name=op.f("fk_meeting_minutes_by_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["meeting.id"], name=op.f("fk_meeting_previous_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["user.id"], name=op.f("fk_meeting_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_agency_id_starts_at", ["agency_id", "starts_at"], unique=False)
        batch_op.create_index("ix_meeting_case_id_starts_at", ["case_id", "starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_chair_id"), ["chair_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_minutes_by_id"), ["minutes_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_previous_id"), ["previous_id"], unique=False)
        batch_op.create_index(
            "ix_meeting_to_be_minuted",
            ["decisions_due_on", "minutes_due_on"],
            unique=False,
            sqlite_where=sa.text("status = 'minutes_draft'"),
            postgresql_where=sa.text("status = 'minutes_draft'"),
        )

    op.create_table(
        "meeting_apart",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_by_id", ID, nullable=False),
        sa.Column("there", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_meeting_apart_has_a_reason")),
        sa.ForeignKeyConstraint(["begun_by_id"], ["user.id"], name=op.f("fk_meeting_apart_begun_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_apart_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_apart")),
    )
    with op.batch_alter_table("meeting_apart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_apart_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "meeting_attendee",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "agency",
                "person",
                "supporter",
                "guest",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("joins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", ID, nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_reason", sa.String(length=300), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "invited",
                "asking",
                "coming",
                "substitute",
                "declined",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("answer_note", sa.Text(), nullable=False),
        sa.Column("permission_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permission_asked_by_id", ID, nullable=True),
        sa.Column("permission_given", sa.Boolean(), nullable=True),
        sa.Column("permission_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permission_by_id", ID, nullable=True),
        sa.Column("permission_reason", sa.String(length=300), nullable=False),
        sa.Column("substitute_id", ID, nullable=True),
        sa.Column("substitute_name", sa.String(length=120), nullable=False),
        sa.Column("handover_on", sa.Date(), nullable=True),
        sa.Column("handover_note", sa.Text(), nullable=False),
        sa.Column("call_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_by_id", ID, nullable=True),
        sa.Column("call_note", sa.Text(), nullable=False),
        sa.Column(
            "presence",
            sa.Enum(
                "there",
                "by_phone",
                "absent",
                name="presence",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uninvited", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(kind = 'agency') = (agency_id IS NOT NULL)", name=op.f("ck_meeting_attendee_agency_is_named")
        ),
        sa.CheckConstraint(
            "answer = 'invited' OR answered_at IS NOT NULL",
            name=op.f("ck_meeting_attendee_answer_has_a_time"),
        ),
        sa.CheckConstraint(
            "permission_given IS NULL OR permission_at IS NOT NULL",
            name=op.f("ck_meeting_attendee_permission_has_a_time"),
        ),
        sa.ForeignKeyConstraint(["added_by_id"], ["user.id"], name=op.f("fk_meeting_attendee_added_by_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_meeting_attendee_agency_id")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user.id"], name=op.f("fk_meeting_attendee_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["call_by_id"], ["user.id"], name=op.f("fk_meeting_attendee_call_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_attendee_meeting_id")),
        sa.ForeignKeyConstraint(
            ["permission_asked_by_id"], ["user.id"], name=op.f("fk_meeting_attendee_permission_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["permission_by_id"], ["user.id"], name=op.f("fk_meeting_attendee_permission_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["user.id"], name=op.f("fk_meeting_attendee_substitute_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_meeting_attendee_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_attendee")),
    )
    with op.batch_alter_table("meeting_attendee", schema=None) as batch_op:
        batch_op.create_index(
            "ix_meeting_attendee_agency_id_answer", ["agency_id", "answer", "meeting_id"], unique=False
        )
        batch_op.create_index(
            "ix_meeting_attendee_meeting_id_agency_id", ["meeting_id", "agency_id"], unique=False
        )
        batch_op.create_index(
            "ix_meeting_attendee_permission_waiting",
            ["agency_id", "permission_asked_at"],
            unique=False,
            sqlite_where=sa.text("answer = 'asking'"),
            postgresql_where=sa.text("answer = 'asking'"),
        )
        batch_op.create_index(
            batch_op.f("ix_meeting_attendee_substitute_id"), ["substitute_id"], unique=False
        )
        batch_op.create_index("ix_meeting_attendee_user_id", ["user_id", "meeting_id"], unique=False)

    op.create_table(
        "meeting_lead_claim",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("most_contact", sa.Boolean(), nullable=True),
        sa.Column("has_time", sa.Boolean(), nullable=True),
        sa.Column("six_months", sa.Boolean(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_meeting_lead_claim_agency_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_lead_claim_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["user.id"], name=op.f("fk_meeting_lead_claim_written_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_lead_claim")),
        sa.UniqueConstraint(
            "meeting_id", "agency_id", name=op.f("uq_meeting_lead_claim_meeting_id_agency_id")
        ),
    )
    with op.batch_alter_table("meeting_lead_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_lead_claim_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "meeting_lead_talk",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("staff_on", sa.Date(), nullable=True),
        sa.Column("staff_said", sa.Text(), nullable=False),
        sa.Column("staff_persons_view", sa.Text(), nullable=False),
        sa.Column("managers_on", sa.Date(), nullable=True),
        sa.Column("managers_said", sa.Text(), nullable=False),
        sa.Column("managers_persons_view", sa.Text(), nullable=False),
        sa.Column("principles", sa.Text(), nullable=False),
        sa.Column("principles_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("persons_choice", sa.Text(), nullable=False),
        sa.Column("agreed_agency_id", ID, nullable=True),
        sa.Column("agreed_how", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["agreed_agency_id"], ["agency.id"], name=op.f("fk_meeting_lead_talk_agreed_agency_id")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_lead_talk_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_lead_talk")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_meeting_lead_talk_meeting_id")),
    )
    op.create_table(
        "meeting_point",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "reminder",
                "apologies",
                "person",
                "minutes",
                "lead",
                "goal",
                "need",
                "issue",
                "barrier",
                "consent",
                "carried",
                "own",
                "summary",
                "review",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", ID, nullable=False),
        sa.Column("added_agency_id", ID, nullable=False),
        sa.Column("for_all", sa.Boolean(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_reason", sa.String(length=300), nullable=False),
        sa.Column("dropped_by_id", ID, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("carried", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "dropped_at IS NULL OR dropped_reason <> ''", name=op.f("ck_meeting_point_dropped_has_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["added_agency_id"], ["agency.id"], name=op.f("fk_meeting_point_added_agency_id")
        ),
        sa.ForeignKeyConstraint(["added_by_id"], ["user.id"], name=op.f("fk_meeting_point_added_by_id")),
        sa.ForeignKeyConstraint(["dropped_by_id"], ["user.id"], name=op.f("fk_meeting_point_dropped_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_point_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_point")),
        sa.UniqueConstraint("meeting_id", "key", name=op.f("uq_meeting_point_meeting_id_key")),
    )
    op.create_table(
        "meeting_reason",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column(
            "trigger",
            sa.Enum(
                "no_lead",
                "unmet_needs",
                "unclear",
                "several",
                "excluded",
                "useful",
                name="trigger",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("noticed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_reason_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "trigger", name=op.f("pk_meeting_reason")),
    )
    op.create_table(
        "meeting_record",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("reminder_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminder_by_id", ID, nullable=True),
        sa.Column("persons_view", sa.Text(), nullable=False),
        sa.Column("read_back", sa.Boolean(), nullable=False),
        sa.Column("persons_view_from", sa.String(length=300), nullable=False),
        sa.Column("not_agreed", sa.Text(), nullable=False),
        sa.Column("person_agrees", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_place", sa.String(length=300), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_record_meeting_id")),
        sa.ForeignKeyConstraint(
            ["reminder_by_id"], ["user.id"], name=op.f("fk_meeting_record_reminder_by_id")
        ),
        sa.ForeignKeyConstraint(["saved_by_id"], ["user.id"], name=op.f("fk_meeting_record_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_record")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_meeting_record_meeting_id")),
    )
    op.create_table(
        "meeting_step",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("for_agency_id", ID, nullable=True),
        sa.Column("for_all", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_meeting_step_actor_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_meeting_step_agency_id")),
        sa.ForeignKeyConstraint(["for_agency_id"], ["agency.id"], name=op.f("fk_meeting_step_for_agency_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_step_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_step")),
    )
    with op.batch_alter_table("meeting_step", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_step_meeting_id_at", ["meeting_id", "at"], unique=False)

    op.create_table(
        "minutes",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", ID, nullable=False),
        sa.Column("version_before", sa.Integer(), nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_minutes_case_id")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["user.id"], name=op.f("fk_minutes_issued_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_minutes_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_minutes_meeting_id")),
    )
    with op.batch_alter_table("minutes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "meeting_decision",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("point_key", sa.String(length=60), nullable=False),
        sa.Column("action_id", ID, nullable=True),
        sa.Column("goal_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("for_all", sa.Boolean(), nullable=False),
        sa.Column("for_agency_id", ID, nullable=True),
        sa.Column("apart_id", ID, nullable=True),
        sa.Column("to_gaps", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_meeting_decision_action_id")),
        sa.ForeignKeyConstraint(
            ["apart_id"], ["meeting_apart.id"], name=op.f("fk_meeting_decision_apart_id")
        ),
        sa.ForeignKeyConstraint(
            ["for_agency_id"], ["agency.id"], name=op.f("fk_meeting_decision_for_agency_id")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_meeting_decision_goal_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_meeting_decision_made_by_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_decision_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_decision")),
    )
    with op.batch_alter_table("meeting_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_decision_apart_id"), ["apart_id"], unique=False)
        batch_op.create_index(
            "ix_meeting_decision_meeting_id_made_at", ["meeting_id", "made_at"], unique=False
        )

    op.create_table(
        "meeting_report",
        sa.Column("attendee_id", ID, nullable=False),
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("contribution", sa.Text(), nullable=False),
        sa.Column("issues", sa.Text(), nullable=False),
        sa.Column("proposals", sa.Text(), nullable=False),
        sa.Column("availability", sa.String(length=300), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", ID, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_meeting_report_agency_id")),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["meeting_attendee.id"], name=op.f("fk_meeting_report_attendee_id")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_report_meeting_id")),
        sa.ForeignKeyConstraint(["written_by_id"], ["user.id"], name=op.f("fk_meeting_report_written_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_report")),
        sa.UniqueConstraint("attendee_id", name=op.f("uq_meeting_report_attendee_id")),
    )
    with op.batch_alter_table("meeting_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_report_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_report_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "minutes_amendment",
        sa.Column("minutes_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("for_all", sa.Boolean(), nullable=False),
        sa.Column("for_agency_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_minutes_amendment_by_id")),
        sa.ForeignKeyConstraint(
            ["for_agency_id"], ["agency.id"], name=op.f("fk_minutes_amendment_for_agency_id")
        ),
        sa.ForeignKeyConstraint(["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_amendment_minutes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_amendment")),
        sa.UniqueConstraint("minutes_id", "number", name=op.f("uq_minutes_amendment_minutes_id_number")),
    )
    op.create_table(
        "minutes_confirmation",
        sa.Column("minutes_id", ID, nullable=False),
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_minutes_confirmation_by_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_minutes_confirmation_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_confirmation_minutes_id")
        ),
        sa.PrimaryKeyConstraint("minutes_id", name=op.f("pk_minutes_confirmation")),
    )
    with op.batch_alter_table("minutes_confirmation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_confirmation_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "minutes_copy",
        sa.Column("minutes_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("grant_id", ID, nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=300), nullable=False),
        sa.Column("first_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_read_by_id", ID, nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_minutes_copy_agency_id")),
        sa.ForeignKeyConstraint(
            ["first_read_by_id"], ["user.id"], name=op.f("fk_minutes_copy_first_read_by_id")
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["consent_grant.id"], name=op.f("fk_minutes_copy_grant_id")),
        sa.ForeignKeyConstraint(["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_copy_minutes_id")),
        sa.ForeignKeyConstraint(["received_by_id"], ["user.id"], name=op.f("fk_minutes_copy_received_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_copy")),
        sa.UniqueConstraint("minutes_id", "agency_id", name=op.f("uq_minutes_copy_minutes_id_agency_id")),
    )
    with op.batch_alter_table("minutes_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_copy_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_minutes_copy_grant_id"), ["grant_id"], unique=False)

    op.create_table(
        "meeting_change",
        sa.Column("meeting_id", ID, nullable=False),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("point_key", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "action_changed",
                "action_added",
                "goal_added",
                "goal_changed",
                "next_review",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("action_id", ID, nullable=True),
        sa.Column("goal_id", ID, nullable=True),
        sa.Column("new_goal_id", ID, nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", ID, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "kind <> 'action_changed' OR action_id IS NOT NULL",
            name=op.f("ck_meeting_change_changed_action_is_named"),
        ),
        sa.CheckConstraint(
            "kind <> 'goal_changed' OR goal_id IS NOT NULL",
            name=op.f("ck_meeting_change_changed_goal_is_named"),
        ),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_meeting_change_action_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["meeting_decision.id"], name=op.f("fk_meeting_change_decision_id")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_meeting_change_goal_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_change_meeting_id")),
        sa.ForeignKeyConstraint(
            ["new_goal_id"], ["meeting_change.id"], name=op.f("fk_meeting_change_new_goal_id")
        ),
        sa.ForeignKeyConstraint(["saved_by_id"], ["user.id"], name=op.f("fk_meeting_change_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_change")),
    )
    with op.batch_alter_table("meeting_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_change_action_id"), ["action_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_change_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(
            "ix_meeting_change_meeting_id_action_id", ["meeting_id", "action_id"], unique=False
        )

    op.create_table(
        "meeting_decision_view",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("attendee_id", ID, nullable=False),
        sa.Column(
            "stands",
            sa.Enum(
                "agrees",
                "disagrees",
                "abstains",
                name="stands",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["meeting_attendee.id"], name=op.f("fk_meeting_decision_view_attendee_id")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["meeting_decision.id"], name=op.f("fk_meeting_decision_view_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_decision_view")),
        sa.UniqueConstraint(
            "decision_id", "attendee_id", name=op.f("uq_meeting_decision_view_decision_id_attendee_id")
        ),
    )
    with op.batch_alter_table("meeting_decision_view", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meeting_decision_view_attendee_id"), ["attendee_id"], unique=False
        )

    op.create_table(
        "meeting_report_action",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["action.id"], name=op.f("fk_meeting_report_action_action_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["meeting_report.id"], name=op.f("fk_meeting_report_action_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "action_id", name=op.f("pk_meeting_report_action")),
    )
    op.create_table(
        "minutes_correction",
        sa.Column("minutes_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("amendment_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer = '')", name=op.f("ck_minutes_correction_answer_has_a_time")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_minutes_correction_agency_id")),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["minutes_amendment.id"], name=op.f("fk_minutes_correction_amendment_id")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user.id"], name=op.f("fk_minutes_correction_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_minutes_correction_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_correction_minutes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_correction")),
    )
    with op.batch_alter_table("minutes_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_correction_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_minutes_correction_minutes_id"), ["minutes_id"], unique=False)

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("meeting_id", ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_notification_meeting_id"), "meeting", ["meeting_id"], ["id"]
        )

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar", sa.Text(), nullable=True))

    for statement in FROZEN[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade():
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_column("calendar")

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_notification_meeting_id"), type_="foreignkey")
        batch_op.drop_column("meeting_id")

    with op.batch_alter_table("minutes_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_minutes_correction_minutes_id"))
        batch_op.drop_index(batch_op.f("ix_minutes_correction_agency_id"))

    op.drop_table("minutes_correction")
    op.drop_table("meeting_report_action")
    with op.batch_alter_table("meeting_decision_view", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_decision_view_attendee_id"))

    op.drop_table("meeting_decision_view")
    with op.batch_alter_table("meeting_change", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_change_meeting_id_action_id")
        batch_op.drop_index(batch_op.f("ix_meeting_change_decision_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_change_action_id"))

    op.drop_table("meeting_change")
    with op.batch_alter_table("minutes_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_minutes_copy_grant_id"))
        batch_op.drop_index(batch_op.f("ix_minutes_copy_agency_id"))

    op.drop_table("minutes_copy")
    with op.batch_alter_table("minutes_confirmation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_minutes_confirmation_meeting_id"))

    op.drop_table("minutes_confirmation")
    op.drop_table("minutes_amendment")
    with op.batch_alter_table("meeting_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_report_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_report_agency_id"))

    op.drop_table("meeting_report")
    with op.batch_alter_table("meeting_decision", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_decision_meeting_id_made_at")
        batch_op.drop_index(batch_op.f("ix_meeting_decision_apart_id"))

    op.drop_table("meeting_decision")
    with op.batch_alter_table("minutes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_minutes_case_id"))

    op.drop_table("minutes")
    with op.batch_alter_table("meeting_step", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_step_meeting_id_at")

    op.drop_table("meeting_step")
    op.drop_table("meeting_record")
    op.drop_table("meeting_reason")
    op.drop_table("meeting_point")
    op.drop_table("meeting_lead_talk")
    with op.batch_alter_table("meeting_lead_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_lead_claim_agency_id"))

    op.drop_table("meeting_lead_claim")
    with op.batch_alter_table("meeting_attendee", schema=None) as batch_op:
        batch_op.drop_index("ix_meeting_attendee_user_id")
        batch_op.drop_index(batch_op.f("ix_meeting_attendee_substitute_id"))
        batch_op.drop_index(
            "ix_meeting_attendee_permission_waiting",
            sqlite_where=sa.text("answer = 'asking'"),
            postgresql_where=sa.text("answer = 'asking'"),
        )
        batch_op.drop_index("ix_meeting_attendee_meeting_id_agency_id")
        batch_op.drop_index("ix_meeting_attendee_agency_id_answer")

    op.drop_table("meeting_attendee")
    with op.batch_alter_table("meeting_apart", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_apart_meeting_id"))

    op.drop_table("meeting_apart")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_meeting_to_be_minuted",
            sqlite_where=sa.text("status = 'minutes_draft'"),
            postgresql_where=sa.text("status = 'minutes_draft'"),
        )
        batch_op.drop_index(batch_op.f("ix_meeting_previous_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_minutes_by_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_chair_id"))
        batch_op.drop_index("ix_meeting_case_id_starts_at")
        batch_op.drop_index("ix_meeting_agency_id_starts_at")

    op.drop_table("meeting")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION minutes_refuse()")
