"""Gaps and blocks on their way from worker to national coordinator, the register, and grievances (S3-71)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


#: The log of the ladder is added to, never edited: the databases themselves refuse (S3-76).
APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER escalation_step_no_update BEFORE UPDATE ON escalation_step
        BEGIN SELECT RAISE(ABORT, 'the log of a gap or block is append-only'); END""",
        """CREATE TRIGGER escalation_step_no_delete BEFORE DELETE ON escalation_step
        BEGIN SELECT RAISE(ABORT, 'the log of a gap or block is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION escalation_step_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the log of a gap or block is append-only'; END $$""",
        """CREATE TRIGGER escalation_step_no_change BEFORE UPDATE OR DELETE ON escalation_step
        FOR EACH ROW EXECUTE FUNCTION escalation_step_refuse()""",
        """CREATE TRIGGER escalation_step_no_truncate BEFORE TRUNCATE ON escalation_step
        FOR EACH STATEMENT EXECUTE FUNCTION escalation_step_refuse()""",
    ),
}


def upgrade():
    op.create_table(
        "gap_theme",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_gap_theme_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_theme")),
        sa.UniqueConstraint("name", name=op.f("uq_gap_theme_name")),
    )
    op.create_table(
        "group_sitting",
        sa.Column("area_id", ID, nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("meeting_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_group_sitting_area_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_group_sitting_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_sitting")),
    )
    with op.batch_alter_table("group_sitting", schema=None) as batch_op:
        batch_op.create_index("ix_group_sitting_area_id_held_on", ["area_id", "held_on"], unique=False)

    op.create_table(
        "provider_grievance",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("about_agency_id", ID, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "managers_talk",
                "procedure",
                "settled",
                "not_settled",
                "withdrawn",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("talked_on", sa.Date(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by_id", ID, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(stage IN ('settled', 'not_settled', 'withdrawn')) = (ended_at IS NOT NULL)",
            name=op.f("ck_provider_grievance_ended_has_a_time"),
        ),
        sa.CheckConstraint(
            "stage <> 'procedure' OR talked_on IS NOT NULL",
            name=op.f("ck_provider_grievance_managers_talk_first"),
        ),
        sa.CheckConstraint("agency_id <> about_agency_id", name=op.f("ck_provider_grievance_two_agencies")),
        sa.ForeignKeyConstraint(
            ["about_agency_id"], ["agency.id"], name=op.f("fk_provider_grievance_about_agency_id")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_provider_grievance_agency_id")),
        sa.ForeignKeyConstraint(
            ["raised_by_id"], ["user.id"], name=op.f("fk_provider_grievance_raised_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_grievance")),
    )
    with op.batch_alter_table("provider_grievance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_provider_grievance_about_agency_id_raised_at", ["about_agency_id", "raised_at"], unique=False
        )
        batch_op.create_index(
            "ix_provider_grievance_agency_id_raised_at", ["agency_id", "raised_at"], unique=False
        )

    op.create_table(
        "register_snapshot",
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", ID, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("least >= 2", name=op.f("ck_register_snapshot_small_numbers_are_left_out")),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user.id"], name=op.f("fk_register_snapshot_published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_snapshot")),
        sa.UniqueConstraint("quarter", "edition", name=op.f("uq_register_snapshot_quarter_edition")),
    )
    op.create_table(
        "provider_grievance_step",
        sa.Column("grievance_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "raised",
                "talked",
                "answered",
                "moved",
                "noted",
                "appealed",
                "settled",
                "ended",
                "withdrawn",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_provider_grievance_step_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["grievance_id"], ["provider_grievance.id"], name=op.f("fk_provider_grievance_step_grievance_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_provider_grievance_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_grievance_step")),
    )
    with op.batch_alter_table("provider_grievance_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_provider_grievance_step_grievance_id"), ["grievance_id"], unique=False
        )

    op.create_table(
        "register_entry",
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("gap", "block", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.Column("theme_id", ID, nullable=True),
        sa.Column(
            "scope",
            sa.Enum(
                "micro", "mezzo", "macro", name="scope", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("service", sa.String(length=160), nullable=False),
        sa.Column("service_key", sa.String(length=160), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answered", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "resolved",
                "partly",
                "not_resolved",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_register_entry_changed_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_register_entry_created_by_id")),
        sa.ForeignKeyConstraint(["theme_id"], ["gap_theme.id"], name=op.f("fk_register_entry_theme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_entry")),
    )
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_register_entry_service_key"), ["service_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_register_entry_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "person_grievance",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("about_user_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("answer_how", sa.String(length=300), nullable=False),
        sa.Column("helper", sa.String(length=120), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("handler_id", ID, nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "received",
                "looked_into",
                "answered",
                "appealed",
                "ended",
                "withdrawn",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(stage IN ('ended', 'withdrawn')) = (ended_at IS NOT NULL)",
            name=op.f("ck_person_grievance_ended_has_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["about_user_id"], ["user.id"], name=op.f("fk_person_grievance_about_user_id")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_grievance_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_person_grievance_case_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["user.id"], name=op.f("fk_person_grievance_handler_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_grievance_person_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_person_grievance_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_grievance")),
    )
    with op.batch_alter_table("person_grievance", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_grievance_about_user_id"), ["about_user_id"], unique=False
        )
        batch_op.create_index(
            "ix_person_grievance_agency_id_received_on", ["agency_id", "received_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_person_grievance_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_grievance_handler_id"), ["handler_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_grievance_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_grievance_step",
        sa.Column("grievance_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "raised",
                "talked",
                "answered",
                "moved",
                "noted",
                "appealed",
                "settled",
                "ended",
                "withdrawn",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_told_on", sa.Date(), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["grievance_id"], ["person_grievance.id"], name=op.f("fk_person_grievance_step_grievance_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_person_grievance_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_grievance_step")),
    )
    with op.batch_alter_table("person_grievance_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_grievance_step_grievance_id"), ["grievance_id"], unique=False
        )

    op.create_table(
        "escalation",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("gap", "block", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("action_id", ID, nullable=True),
        sa.Column("goal_id", ID, nullable=True),
        sa.Column("case_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("raised_by_id", ID, nullable=False),
        sa.Column("area_id", ID, nullable=False),
        sa.Column("concerned_agency_id", ID, nullable=True),
        sa.Column("concerned_name", sa.String(length=160), nullable=False),
        sa.Column("service", sa.String(length=160), nullable=False),
        sa.Column("service_key", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("colleagues_advice", sa.Text(), nullable=False),
        sa.Column("one_to_one", sa.Text(), nullable=False),
        sa.Column("meeting_not_convened", sa.Boolean(), nullable=False),
        sa.Column("meeting_why", sa.String(length=300), nullable=False),
        sa.Column("meanwhile", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("age_from", sa.Date(), nullable=False),
        sa.Column("identity_consent", sa.Boolean(), nullable=False),
        sa.Column("identity_on", sa.Date(), nullable=True),
        sa.Column("identity_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("urgent_reason", sa.String(length=300), nullable=False),
        sa.Column("colleagues_asked", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "resolved",
                "partly",
                "not_resolved",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reads_up_to", sa.SmallInteger(), nullable=False),
        sa.Column("holder_id", ID, nullable=True),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", ID, nullable=True),
        sa.Column("last_step_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_to_id", ID, nullable=True),
        sa.Column("join_wish_id", ID, nullable=True),
        sa.Column("theme_id", ID, nullable=True),
        sa.Column(
            "scope",
            sa.Enum(
                "micro", "mezzo", "macro", name="scope", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("register_entry_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name=op.f("ck_escalation_closed_has_a_time")
        ),
        sa.CheckConstraint(
            "NOT urgent OR urgent_reason <> ''", name=op.f("ck_escalation_urgent_has_a_reason")
        ),
        sa.CheckConstraint(
            "state <> 'open' OR joined_to_id IS NOT NULL OR holder_id IS NOT NULL",
            name=op.f("ck_escalation_somebody_holds_it"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'withdrawn') OR how <> ''", name=op.f("ck_escalation_answer_says_how")
        ),
        sa.CheckConstraint(
            "NOT identity_consent OR case_id IS NOT NULL", name=op.f("ck_escalation_naming_is_about_a_case")
        ),
        sa.CheckConstraint(
            "NOT identity_consent OR identity_on IS NOT NULL", name=op.f("ck_escalation_naming_has_a_day")
        ),
        sa.CheckConstraint("age_from <= noticed_on", name=op.f("ck_escalation_age_never_falls")),
        sa.CheckConstraint(
            "joined_to_id IS NULL OR joined_to_id <> id", name=op.f("ck_escalation_not_joined_to_itself")
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_escalation_level_is_a_rung")),
        sa.CheckConstraint(
            "reads_up_to BETWEEN level AND 5", name=op.f("ck_escalation_who_holds_it_reads_it")
        ),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_escalation_action_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_escalation_agency_id")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_escalation_area_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_escalation_case_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["user.id"], name=op.f("fk_escalation_closed_by_id")),
        sa.ForeignKeyConstraint(
            ["concerned_agency_id"], ["agency.id"], name=op.f("fk_escalation_concerned_agency_id")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_escalation_goal_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["user.id"], name=op.f("fk_escalation_holder_id")),
        sa.ForeignKeyConstraint(["join_wish_id"], ["escalation.id"], name=op.f("fk_escalation_join_wish_id")),
        sa.ForeignKeyConstraint(["joined_to_id"], ["escalation.id"], name=op.f("fk_escalation_joined_to_id")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["user.id"], name=op.f("fk_escalation_raised_by_id")),
        sa.ForeignKeyConstraint(
            ["register_entry_id"], ["register_entry.id"], name=op.f("fk_escalation_register_entry_id")
        ),
        sa.ForeignKeyConstraint(["theme_id"], ["gap_theme.id"], name=op.f("fk_escalation_theme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("number", name=op.f("uq_escalation_number")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_action_id"), ["action_id"], unique=False)
        batch_op.create_index("ix_escalation_agency_id_raised_at", ["agency_id", "raised_at"], unique=False)
        batch_op.create_index(
            "ix_escalation_area_id_due_on_open",
            ["area_id", "due_on"],
            unique=False,
            sqlite_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
            postgresql_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_escalation_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_escalation_concerned_agency_id"), ["concerned_agency_id"], unique=False
        )
        batch_op.create_index(
            "ix_escalation_due_on_open",
            ["due_on"],
            unique=False,
            sqlite_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
            postgresql_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_escalation_holder_id"), ["holder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_joined_to_id"), ["joined_to_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_raised_by_id"), ["raised_by_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_escalation_register_entry_id"), ["register_entry_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_escalation_service_key"), ["service_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "escalation_holding",
        sa.Column("escalation_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allowed_days", sa.Integer(), nullable=True),
        sa.Column("used_before", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("calendar", sa.String(length=8), nullable=False),
        sa.Column(
            "came_by",
            sa.Enum(
                "raised",
                "colleagues_asked",
                "colleague_advised",
                "sent",
                "accepted",
                "advised",
                "asked_back",
                "answered_back",
                "passed_up",
                "consulted",
                "taken_back",
                "closed",
                "reopened",
                "withdrawn",
                "joined",
                "parted",
                "paused",
                "resumed",
                "reminded",
                "rose",
                "handed_on",
                "urgent",
                "identity_given",
                "identity_ended",
                "case_ended",
                "themed",
                "replied",
                "group_decided",
                name="came_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rose_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_escalation_holding_level_is_a_rung")),
        sa.CheckConstraint(
            "to_at IS NULL OR to_at >= from_at", name=op.f("ck_escalation_holding_ends_after_it_begins")
        ),
        sa.CheckConstraint("used_before >= 0", name=op.f("ck_escalation_holding_used_is_a_count")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_holding_escalation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_escalation_holding_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_holding")),
        sa.UniqueConstraint(
            "escalation_id", "position", name=op.f("uq_escalation_holding_escalation_id_position")
        ),
    )
    with op.batch_alter_table("escalation_holding", schema=None) as batch_op:
        batch_op.create_index(
            "uq_escalation_holding_open",
            ["escalation_id"],
            unique=True,
            sqlite_where=sa.text("to_at IS NULL"),
            postgresql_where=sa.text("to_at IS NULL"),
        )

    op.create_table(
        "escalation_step",
        sa.Column("escalation_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "raised",
                "colleagues_asked",
                "colleague_advised",
                "sent",
                "accepted",
                "advised",
                "asked_back",
                "answered_back",
                "passed_up",
                "consulted",
                "taken_back",
                "closed",
                "reopened",
                "withdrawn",
                "joined",
                "parted",
                "paused",
                "resumed",
                "reminded",
                "rose",
                "handed_on",
                "urgent",
                "identity_given",
                "identity_ended",
                "case_ended",
                "themed",
                "replied",
                "group_decided",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("to_level", sa.SmallInteger(), nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("not_enough", sa.Text(), nullable=False),
        sa.Column("to_raisers", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("minute", sa.String(length=40), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "act <> 'passed_up' OR (tried <> '' AND not_enough <> '')",
            name=op.f("ck_escalation_step_passing_up_says_what_was_tried"),
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_escalation_step_level_is_a_rung")),
        sa.CheckConstraint(
            "to_level IS NULL OR to_level BETWEEN 1 AND 5", name=op.f("ck_escalation_step_to_level_is_a_rung")
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_step_escalation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_escalation_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
    )
    with op.batch_alter_table("escalation_step", schema=None) as batch_op:
        batch_op.create_index("ix_escalation_step_escalation_id_at", ["escalation_id", "at"], unique=False)

    op.create_table(
        "group_item",
        sa.Column("sitting_id", ID, nullable=False),
        sa.Column("escalation_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("minute", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_group_item_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_group_item_escalation_id")
        ),
        sa.ForeignKeyConstraint(["sitting_id"], ["group_sitting.id"], name=op.f("fk_group_item_sitting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_item")),
        sa.UniqueConstraint(
            "sitting_id", "escalation_id", name=op.f("uq_group_item_sitting_id_escalation_id")
        ),
    )
    with op.batch_alter_table("group_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_item_escalation_id"), ["escalation_id"], unique=False)

    op.create_table(
        "escalation_notice",
        sa.Column("notification_id", ID, nullable=False),
        sa.Column("escalation_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_notice_escalation_id")
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_escalation_notice_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_escalation_notice")),
    )
    with op.batch_alter_table("escalation_notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_escalation_notice_escalation_id"), ["escalation_id"], unique=False
        )

    op.create_table(
        "escalation_pause",
        sa.Column("escalation_id", ID, nullable=False),
        sa.Column("holding_id", ID, nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("paused_by_id", ID, nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_escalation_pause_pause_has_a_reason")),
        sa.CheckConstraint(
            "to_at IS NULL OR to_at >= from_at", name=op.f("ck_escalation_pause_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_pause_escalation_id")
        ),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["escalation_holding.id"], name=op.f("fk_escalation_pause_holding_id")
        ),
        sa.ForeignKeyConstraint(["paused_by_id"], ["user.id"], name=op.f("fk_escalation_pause_paused_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_pause")),
    )
    with op.batch_alter_table("escalation_pause", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_escalation_pause_escalation_id"), ["escalation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_escalation_pause_holding_id"), ["holding_id"], unique=False)
        batch_op.create_index(
            "uq_escalation_pause_open",
            ["holding_id"],
            unique=True,
            sqlite_where=sa.text("to_at IS NULL"),
            postgresql_where=sa.text("to_at IS NULL"),
        )

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade():
    with op.batch_alter_table("escalation_pause", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_escalation_pause_open",
            sqlite_where=sa.text("to_at IS NULL"),
            postgresql_where=sa.text("to_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_escalation_pause_holding_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_pause_escalation_id"))

    op.drop_table("escalation_pause")
    with op.batch_alter_table("escalation_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_notice_escalation_id"))

    op.drop_table("escalation_notice")
    with op.batch_alter_table("group_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_item_escalation_id"))

    op.drop_table("group_item")
    with op.batch_alter_table("escalation_step", schema=None) as batch_op:
        batch_op.drop_index("ix_escalation_step_escalation_id_at")

    op.drop_table("escalation_step")
    with op.batch_alter_table("escalation_holding", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_escalation_holding_open",
            sqlite_where=sa.text("to_at IS NULL"),
            postgresql_where=sa.text("to_at IS NULL"),
        )

    op.drop_table("escalation_holding")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_escalation_theme_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_service_key"))
        batch_op.drop_index(batch_op.f("ix_escalation_register_entry_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_raised_by_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_joined_to_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_holder_id"))
        batch_op.drop_index(
            "ix_escalation_due_on_open",
            sqlite_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
            postgresql_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_escalation_concerned_agency_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_case_id"))
        batch_op.drop_index(
            "ix_escalation_area_id_due_on_open",
            sqlite_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
            postgresql_where=sa.text("state = 'open' AND joined_to_id IS NULL"),
        )
        batch_op.drop_index("ix_escalation_agency_id_raised_at")
        batch_op.drop_index(batch_op.f("ix_escalation_action_id"))

    op.drop_table("escalation")
    with op.batch_alter_table("person_grievance_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_grievance_step_grievance_id"))

    op.drop_table("person_grievance_step")
    with op.batch_alter_table("person_grievance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_grievance_person_id"))
        batch_op.drop_index(batch_op.f("ix_person_grievance_handler_id"))
        batch_op.drop_index(batch_op.f("ix_person_grievance_case_id"))
        batch_op.drop_index("ix_person_grievance_agency_id_received_on")
        batch_op.drop_index(batch_op.f("ix_person_grievance_about_user_id"))

    op.drop_table("person_grievance")
    with op.batch_alter_table("register_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_register_entry_theme_id"))
        batch_op.drop_index(batch_op.f("ix_register_entry_service_key"))

    op.drop_table("register_entry")
    with op.batch_alter_table("provider_grievance_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_grievance_step_grievance_id"))

    op.drop_table("provider_grievance_step")
    op.drop_table("register_snapshot")
    with op.batch_alter_table("provider_grievance", schema=None) as batch_op:
        batch_op.drop_index("ix_provider_grievance_agency_id_raised_at")
        batch_op.drop_index("ix_provider_grievance_about_agency_id_raised_at")

    op.drop_table("provider_grievance")
    with op.batch_alter_table("group_sitting", schema=None) as batch_op:
        batch_op.drop_index("ix_group_sitting_area_id_held_on")

    op.drop_table("group_sitting")
    op.drop_table("gap_theme")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION escalation_step_refuse()")
