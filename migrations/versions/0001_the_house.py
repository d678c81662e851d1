"""The house: agencies, accounts, people, cases, consent, the plan, the audit record and what serves them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


#: The audit record is added to, never edited: the databases themselves refuse (X-13).
APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END""",
        """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit record is append-only'; END $$""",
        """CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()""",
        """CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()""",
    ),
}


def upgrade():
    op.create_table(
        "area",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "local",
                "regional",
                "council",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("name", name=op.f("uq_area_name")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("user_name", sa.String(length=120), nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("agency_name", sa.String(length=160), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "read",
                "listed",
                "searched",
                "changed",
                "refused",
                "exported",
                "printed",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("about_id", ID, nullable=True),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("grant_id", ID, nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_entry_about_id_at",
            ["about_id", "at"],
            unique=False,
            sqlite_where=sa.text("about_id IS NOT NULL"),
            postgresql_where=sa.text("about_id IS NOT NULL"),
        )
        batch_op.create_index("ix_audit_entry_case_id_at", ["case_id", "at"], unique=False)
        batch_op.create_index("ix_audit_entry_person_id_at", ["person_id", "at"], unique=False)
        batch_op.create_index("ix_audit_entry_user_id_at", ["user_id", "at"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=300), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_name_started_at", ["name", "started_at"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("dedupe", sa.String(length=120), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_outbox_message_dedupe")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_message_due_at_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
        )

    op.create_table(
        "agency",
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("short_name", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "homeless_service",
                "drug_service",
                "prescribing_clinic",
                "council_team",
                "social_work",
                "housing",
                "probation",
                "health",
                "voluntary",
                "coordination",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("area_id", ID, nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("hours", sa.String(length=80), nullable=False),
        sa.Column("website", sa.String(length=300), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("protocols_signed_on", sa.Date(), nullable=True),
        sa.Column("child_protection_undertaking_on", sa.Date(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_agency_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("name", name=op.f("uq_agency_name")),
    )
    with op.batch_alter_table("agency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agency_area_id"), ["area_id"], unique=False)

    op.create_table(
        "agency_contact",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_contact_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_contact")),
    )
    with op.batch_alter_table("agency_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agency_contact_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "user",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("roles", sa.Integer(), nullable=False),
        sa.Column("profession", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("hours", sa.String(length=80), nullable=False),
        sa.Column("line_manager_id", ID, nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(length=300), nullable=False),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "digest",
            sa.Enum(
                "at_once",
                "daily",
                "weekly",
                "never",
                name="digest",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("roles = 32 OR roles % 64 < 32", name=op.f("ck_user_system_admin_is_only_that")),
        sa.CheckConstraint("roles > 0", name=op.f("ck_user_has_a_role")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_user_agency_id")),
        sa.ForeignKeyConstraint(["line_manager_id"], ["user.id"], name=op.f("fk_user_line_manager_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index("ix_user_agency_id_name", ["agency_id", "name"], unique=False)
        batch_op.create_index(batch_op.f("ix_user_line_manager_id"), ["line_manager_id"], unique=False)

    op.create_table(
        "agency_setting",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", ID, nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_setting_agency_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_agency_setting_changed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_setting")),
        sa.UniqueConstraint("agency_id", "key", name=op.f("uq_agency_setting_agency_id_key")),
    )
    op.create_table(
        "import_batch",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("uploaded_by_id", ID, nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_import_batch_agency_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["user.id"], name=op.f("fk_import_batch_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.create_index(
            "ix_import_batch_agency_id_uploaded_at", ["agency_id", "uploaded_at"], unique=False
        )

    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("invite", "reset", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_one_time_link_created_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_one_time_link_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_link")),
    )
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_one_time_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("known_as", sa.String(length=120), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("born_approximate", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("safe_contact", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=80), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("access_needs", sa.String(length=300), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("preferences", sa.Text(), nullable=False),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("registered_by_agency_id", ID, nullable=False),
        sa.Column("registered_by_id", ID, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("given_name <> '' OR family_name <> ''", name=op.f("ck_person_has_a_name")),
        sa.ForeignKeyConstraint(
            ["registered_by_agency_id"], ["agency.id"], name=op.f("fk_person_registered_by_agency_id")
        ),
        sa.ForeignKeyConstraint(["registered_by_id"], ["user.id"], name=op.f("fk_person_registered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_born_on"), ["born_on"], unique=False)
        batch_op.create_index(
            "ix_person_registered_by_agency_id_born_on", ["registered_by_agency_id", "born_on"], unique=False
        )

    op.create_table(
        "saved_view",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("list_name", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_saved_view_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint(
            "user_id", "list_name", "name", name=op.f("uq_saved_view_user_id_list_name_name")
        ),
    )
    op.create_table(
        "submission",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_submission_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_submission")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_area",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("area_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_user_area_area_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_area_user_id")),
        sa.PrimaryKeyConstraint("user_id", "area_id", name=op.f("pk_user_area")),
    )
    with op.batch_alter_table("user_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_area_area_id"), ["area_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_session")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "case",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("lead_agency_id", ID, nullable=False),
        sa.Column("line_manager_id", ID, nullable=False),
        sa.Column("protocol_key", sa.String(length=40), nullable=False),
        sa.Column("protocol_version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "enquiry",
                "initial_assessment",
                "allocation",
                "key_working",
                "case_managed",
                "transfer_pending",
                "contact_lost",
                "closing",
                "closed_positive",
                "closed_other",
                "closed_transferred",
                "referred_on",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("first_contact_on", sa.Date(), nullable=True),
        sa.Column("referral_on", sa.Date(), nullable=True),
        sa.Column("support_due_on", sa.Date(), nullable=True),
        sa.Column("support_due_reason", sa.String(length=300), nullable=False),
        sa.Column("intensive_needs", sa.String(length=300), nullable=False),
        sa.Column("lead_settled", sa.Text(), nullable=False),
        sa.Column("permission_on", sa.Date(), nullable=True),
        sa.Column("commitment_ends_on", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", ID, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", ID, nullable=True),
        sa.Column("close_reason", sa.String(length=300), nullable=False),
        sa.Column("previous_case_id", ID, nullable=True),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(status IN ('closed_positive', 'closed_other', 'closed_transferred', 'referred_on')) = (closed_at IS NOT NULL)",
            name=op.f("ck_case_closed_has_a_time"),
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR close_reason <> ''", name=op.f("ck_case_closed_has_a_reason")
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["user.id"], name=op.f("fk_case_closed_by_id")),
        sa.ForeignKeyConstraint(["lead_agency_id"], ["agency.id"], name=op.f("fk_case_lead_agency_id")),
        sa.ForeignKeyConstraint(["line_manager_id"], ["user.id"], name=op.f("fk_case_line_manager_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["user.id"], name=op.f("fk_case_opened_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_case_person_id")),
        sa.ForeignKeyConstraint(["previous_case_id"], ["case.id"], name=op.f("fk_case_previous_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("person_id", "episode", name=op.f("uq_case_person_id_episode")),
        sa.UniqueConstraint("reference", name=op.f("uq_case_reference")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_lead_agency_id_last_activity_at", ["lead_agency_id", "last_activity_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_case_line_manager_id"), ["line_manager_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_previous_case_id"), ["previous_case_id"], unique=False)
        batch_op.create_index(
            "uq_case_person_id_open",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "person_identifier",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_identifier_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_identifier")),
    )
    with op.batch_alter_table("person_identifier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_identifier_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_identifier_value"), ["value"], unique=False)

    op.create_table(
        "person_relative",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "carer",
                "parent",
                "partner",
                "child",
                "sibling",
                "friend",
                "advocate",
                "other",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("phone", sa.String(length=80), nullable=False),
        sa.Column("engaged", sa.Boolean(), nullable=False),
        sa.Column("may_be_told", sa.String(length=300), nullable=False),
        sa.Column("willing_and_able", sa.String(length=300), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_relative_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_relative")),
    )
    with op.batch_alter_table("person_relative", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_relative_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_trigram",
        sa.Column(
            "trigram",
            sa.String(length=3).with_variant(sa.String(length=3, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("person_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_trigram_person_id")),
        sa.PrimaryKeyConstraint("trigram", "person_id", name=op.f("pk_person_trigram")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("person_trigram", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_trigram_person_id"), ["person_id"], unique=False)

    op.create_table(
        "person_warning",
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "safety",
                "health",
                "contact",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("told_person", sa.Boolean(), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("ended_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_person_warning_ended_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_warning_person_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_person_warning_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_warning")),
    )
    with op.batch_alter_table("person_warning", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_warning_person_id"), ["person_id"], unique=False)

    op.create_table(
        "care_plan",
        sa.Column("case_id", ID, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "proposed",
                "agreed",
                "in_review",
                "ended",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("strengths", sa.Text(), nullable=False),
        sa.Column("strengths_around", sa.Text(), nullable=False),
        sa.Column("contingency", sa.Text(), nullable=False),
        sa.Column("no_contingency_reason", sa.String(length=300), nullable=False),
        sa.Column("budget_minor", sa.Integer(), nullable=True),
        sa.Column("budget_source", sa.String(length=300), nullable=False),
        sa.Column("agreed_version", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(agreed_version = 0) = (agreed_at IS NULL)", name=op.f("ck_care_plan_agreed_has_a_time")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_care_plan_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_care_plan")),
    )
    with op.batch_alter_table("care_plan", schema=None) as batch_op:
        batch_op.create_index("ix_care_plan_next_review_on", ["next_review_on"], unique=False)

    op.create_table(
        "case_agency",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=80), nullable=False),
        sa.Column("does", sa.String(length=300), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("person_aware_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_case_agency_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_agency_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_agency")),
        sa.UniqueConstraint("case_id", "agency_id", name=op.f("uq_case_agency_case_id_agency_id")),
    )
    with op.batch_alter_table("case_agency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_agency_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "case_assignment",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "case_manager",
                "key_worker",
                "social_worker",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("person_told_on", sa.Date(), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "to_at IS NULL OR to_at >= from_at", name=op.f("ck_case_assignment_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_assignment_case_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["user.id"], name=op.f("fk_case_assignment_given_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_case_assignment_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_assignment")),
    )
    with op.batch_alter_table("case_assignment", schema=None) as batch_op:
        batch_op.create_index("ix_case_assignment_case_id_role", ["case_id", "role"], unique=False)
        batch_op.create_index(
            "uq_case_assignment_one_case_manager",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("role = 'case_manager' AND to_at IS NULL"),
            postgresql_where=sa.text("role = 'case_manager' AND to_at IS NULL"),
        )
        batch_op.create_index(
            "uq_case_assignment_open",
            ["user_id", "case_id", "role"],
            unique=True,
            sqlite_where=sa.text("to_at IS NULL"),
            postgresql_where=sa.text("to_at IS NULL"),
        )

    op.create_table(
        "case_note",
        sa.Column("case_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "contact",
                "outreach",
                "advocacy",
                "liaison",
                "enquiry",
                "crisis",
                "meeting",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("sector", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_case_note_agency_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_case_note_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_note_case_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["case_note.id"], name=op.f("fk_case_note_corrects_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.create_index("ix_case_note_case_id_happened_at", ["case_id", "happened_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_note_corrects_id"), ["corrects_id"], unique=False)

    op.create_table(
        "consent_exclusion",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_consent_exclusion_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_consent_exclusion_case_id")),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["user.id"], name=op.f("fk_consent_exclusion_lifted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_consent_exclusion_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_exclusion")),
    )
    with op.batch_alter_table("consent_exclusion", schema=None) as batch_op:
        batch_op.create_index(
            "uq_consent_exclusion_standing",
            ["case_id", "agency_id"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.create_table(
        "consent_grant",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "enquiry_permission",
                "service_delivery",
                "information_sharing",
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
                "draft",
                "explained",
                "active",
                "refused",
                "withdrawn",
                "expired",
                "superseded",
                "entered_in_error",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column(
            "direction",
            sa.Enum(
                "both",
                "give",
                "receive",
                name="direction",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("full_plan", sa.Boolean(), nullable=False),
        sa.Column("left_out", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("expires_when", sa.String(length=300), nullable=False),
        sa.Column("talked_on", sa.Date(), nullable=True),
        sa.Column("talked_by_id", ID, nullable=True),
        sa.Column(
            "mode",
            sa.Enum("written", "verbal", name="mode", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("verbal_reason", sa.String(length=300), nullable=False),
        sa.Column("written_due_on", sa.Date(), nullable=True),
        sa.Column(
            "given_by",
            sa.Enum(
                "person",
                "representative",
                "lacks_capacity",
                name="given_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("giver_name", sa.String(length=120), nullable=False),
        sa.Column("giver_authority", sa.String(length=300), nullable=False),
        sa.Column("understood", sa.Boolean(), nullable=False),
        sa.Column("copy_given", sa.Boolean(), nullable=False),
        sa.Column("read_aloud", sa.Boolean(), nullable=False),
        sa.Column("interpreter", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", ID, nullable=True),
        sa.Column("withdrawn_how", sa.String(length=300), nullable=False),
        sa.Column("ended_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("ck_consent_grant_withdrawn_has_a_time"),
        ),
        sa.CheckConstraint(
            "NOT full_plan OR kind = 'information_sharing'",
            name=op.f("ck_consent_grant_full_plan_is_sharing"),
        ),
        sa.CheckConstraint(
            "status <> 'active' OR talked_on IS NOT NULL",
            name=op.f("ck_consent_grant_talk_comes_before_consent"),
        ),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on >= starts_on",
            name=op.f("ck_consent_grant_ends_after_it_begins"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_consent_grant_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_consent_grant_case_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_consent_grant_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["talked_by_id"], ["user.id"], name=op.f("fk_consent_grant_talked_by_id")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user.id"], name=op.f("fk_consent_grant_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_grant")),
    )
    with op.batch_alter_table("consent_grant", schema=None) as batch_op:
        batch_op.create_index("ix_consent_grant_case_id_agency_id", ["case_id", "agency_id"], unique=False)
        batch_op.create_index(
            "uq_consent_grant_in_force",
            ["agency_id", "case_id", "kind"],
            unique=True,
            sqlite_where=sa.text("status = 'active'"),
            postgresql_where=sa.text("status = 'active'"),
        )

    op.create_table(
        "goal",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("smart_specific", sa.Boolean(), nullable=False),
        sa.Column("smart_measurable", sa.Boolean(), nullable=False),
        sa.Column("smart_achievable", sa.Boolean(), nullable=False),
        sa.Column("smart_relevant", sa.Boolean(), nullable=False),
        sa.Column("smart_timed", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("target_on", sa.Date(), nullable=True),
        sa.Column("made_with_person", sa.Boolean(), nullable=False),
        sa.Column("made_without_reason", sa.String(length=300), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "active",
                "on_hold",
                "completed",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "achievement",
            sa.Enum(
                "in_progress",
                "improving",
                "worsening",
                "no_change",
                "achieved",
                "sustaining",
                "not_achieved",
                "not_attainable",
                name="achievement",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("person_agreed_to_drop", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "status <> 'completed' OR ended_at IS NOT NULL", name=op.f("ck_goal_reached_has_a_time")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_goal_case_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_goal_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_goal_case_id_number")),
    )
    op.create_table(
        "need",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "none",
                "low",
                "medium",
                "high",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("functioning", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wants_help", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_need_case_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_need_changed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("case_id", "domain", name=op.f("uq_need_case_id_domain")),
    )
    op.create_table(
        "plan_agreement",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column(
            "route",
            sa.Enum(
                "phone",
                "mail",
                "in_person",
                "meeting",
                "here",
                name="route",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "by_person = (agency_id IS NULL)", name=op.f("ck_plan_agreement_person_or_agency")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_plan_agreement_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_plan_agreement_case_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_plan_agreement_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_agreement")),
    )
    with op.batch_alter_table("plan_agreement", schema=None) as batch_op:
        batch_op.create_index("ix_plan_agreement_case_id_number", ["case_id", "number"], unique=False)

    op.create_table(
        "plan_review",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("with_person", sa.Boolean(), nullable=False),
        sa.Column("without_reason", sa.String(length=300), nullable=False),
        sa.Column("works", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("persons_view", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("carers", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("next_reason", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_plan_review_case_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_plan_review_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_review")),
    )
    with op.batch_alter_table("plan_review", schema=None) as batch_op:
        batch_op.create_index("ix_plan_review_case_id_held_on", ["case_id", "held_on"], unique=False)

    op.create_table(
        "plan_version",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_plan_version_case_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_plan_version_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_plan_version_case_id_number")),
    )
    op.create_table(
        "action",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("goal_id", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "intervention",
                "referral",
                "detox_referral",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("owner_agency_id", ID, nullable=True),
        sa.Column("owner_user_id", ID, nullable=True),
        sa.Column("owner_name", sa.String(length=120), nullable=False),
        sa.Column("by_person", sa.Boolean(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column(
            "advocacy",
            sa.Enum(
                "person",
                "case_manager",
                name="advocacy",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("advocacy_until", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "requested",
                "accepted",
                "in_progress",
                "blocked",
                "completed",
                "not_completed",
                "declined",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_by_id", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("clinic_talk_on", sa.Date(), nullable=True),
        sa.Column("clinic_talk_with", sa.String(length=120), nullable=False),
        sa.Column("clinic_talk_note", sa.Text(), nullable=False),
        sa.Column("clinic_talk_by_id", ID, nullable=True),
        sa.Column("last_note", sa.Text(), nullable=False),
        sa.Column("last_note_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_note_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(status IN ('completed', 'not_completed')) = (ended_on IS NOT NULL)",
            name=op.f("ck_action_ended_has_a_day"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('declined', 'not_completed', 'cancelled') OR status_reason <> ''",
            name=op.f("ck_action_no_has_a_reason"),
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_action_asked_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_action_case_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_action_changed_by_id")),
        sa.ForeignKeyConstraint(["clinic_talk_by_id"], ["user.id"], name=op.f("fk_action_clinic_talk_by_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_action_created_by_id")),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_action_goal_id")),
        sa.ForeignKeyConstraint(["owner_agency_id"], ["agency.id"], name=op.f("fk_action_owner_agency_id")),
        sa.ForeignKeyConstraint(["owner_user_id"], ["user.id"], name=op.f("fk_action_owner_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.create_index("ix_action_case_id_goal_id", ["case_id", "goal_id"], unique=False)
        batch_op.create_index(
            "ix_action_owner_agency_id_asked",
            ["owner_agency_id", "case_id"],
            unique=False,
            sqlite_where=sa.text("status = 'requested'"),
            postgresql_where=sa.text("status = 'requested'"),
        )
        batch_op.create_index(
            "ix_action_owner_agency_id_changed_at", ["owner_agency_id", "changed_at"], unique=False
        )
        batch_op.create_index(
            "ix_action_owner_agency_id_due_on_open",
            ["owner_agency_id", "due_on", "case_id"],
            unique=False,
            sqlite_where=sa.text("status IN ('proposed', 'requested', 'accepted', 'in_progress', 'blocked')"),
            postgresql_where=sa.text(
                "status IN ('proposed', 'requested', 'accepted', 'in_progress', 'blocked')"
            ),
        )

    op.create_table(
        "case_note_share",
        sa.Column("note_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared_by_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_case_note_share_agency_id")),
        sa.ForeignKeyConstraint(["note_id"], ["case_note.id"], name=op.f("fk_case_note_share_note_id")),
        sa.ForeignKeyConstraint(["shared_by_id"], ["user.id"], name=op.f("fk_case_note_share_shared_by_id")),
        sa.PrimaryKeyConstraint("note_id", "agency_id", name=op.f("pk_case_note_share")),
    )
    op.create_table(
        "consent_withheld",
        sa.Column("grant_id", ID, nullable=False),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["consent_grant.id"], name=op.f("fk_consent_withheld_grant_id")
        ),
        sa.PrimaryKeyConstraint("grant_id", "domain", name=op.f("pk_consent_withheld")),
    )
    op.create_table(
        "goal_step",
        sa.Column("goal_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_step_goal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal_step")),
    )
    with op.batch_alter_table("goal_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goal_step_goal_id"), ["goal_id"], unique=False)

    op.create_table(
        "action_note",
        sa.Column("action_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "requested",
                "accepted",
                "in_progress",
                "blocked",
                "completed",
                "not_completed",
                "declined",
                "cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_action_note_action_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_action_note_agency_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_action_note_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_action_note_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_note")),
    )
    with op.batch_alter_table("action_note", schema=None) as batch_op:
        batch_op.create_index("ix_action_note_action_id_at", ["action_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_action_note_case_id"), ["case_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "lead",
                "plan",
                "agency",
                "action",
                "all",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("for_agency_id", ID, nullable=True),
        sa.Column("action_id", ID, nullable=True),
        sa.Column("goal_id", ID, nullable=True),
        sa.Column("change", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(audience = 'agency') = (for_agency_id IS NOT NULL)", name=op.f("ck_event_agency_is_named")
        ),
        sa.CheckConstraint(
            "audience <> 'action' OR action_id IS NOT NULL", name=op.f("ck_event_action_is_named")
        ),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_event_action_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_event_actor_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_event_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_event_case_id")),
        sa.ForeignKeyConstraint(["for_agency_id"], ["agency.id"], name=op.f("fk_event_for_agency_id")),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_event_goal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_action_id_at", ["action_id", "at"], unique=False)
        batch_op.create_index("ix_event_case_id_at", ["case_id", "at"], unique=False)

    op.create_table(
        "plan_issue",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("raised_by_id", ID, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer = '')", name=op.f("ck_plan_issue_answer_has_a_time")
        ),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_plan_issue_action_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_plan_issue_agency_id")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["user.id"], name=op.f("fk_plan_issue_answered_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_plan_issue_case_id")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["user.id"], name=op.f("fk_plan_issue_raised_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_issue")),
    )
    with op.batch_alter_table("plan_issue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_issue_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index("ix_plan_issue_case_id_agency_id", ["case_id", "agency_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("event_id", ID, nullable=True),
        sa.Column("action_id", ID, nullable=True),
        sa.Column("plain", sa.String(length=300), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dedupe", sa.String(length=120), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name=op.f("fk_notification_action_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_notification_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_notification_event_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notification_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_event_id"), ["event_id"], unique=False)
        batch_op.create_index("ix_notification_user_id_at", ["user_id", "at"], unique=False)
        batch_op.create_index(
            "ix_notification_user_id_unread",
            ["user_id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index(
            "uq_notification_dedupe",
            ["dedupe"],
            unique=True,
            sqlite_where=sa.text("dedupe IS NOT NULL"),
            postgresql_where=sa.text("dedupe IS NOT NULL"),
        )

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade():
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_notification_dedupe",
            sqlite_where=sa.text("dedupe IS NOT NULL"),
            postgresql_where=sa.text("dedupe IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_notification_user_id_unread",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.drop_index("ix_notification_user_id_at")
        batch_op.drop_index(batch_op.f("ix_notification_event_id"))
        batch_op.drop_index(batch_op.f("ix_notification_case_id"))

    op.drop_table("notification")
    with op.batch_alter_table("plan_issue", schema=None) as batch_op:
        batch_op.drop_index("ix_plan_issue_case_id_agency_id")
        batch_op.drop_index(batch_op.f("ix_plan_issue_agency_id"))

    op.drop_table("plan_issue")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_case_id_at")
        batch_op.drop_index("ix_event_action_id_at")

    op.drop_table("event")
    with op.batch_alter_table("action_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_note_case_id"))
        batch_op.drop_index("ix_action_note_action_id_at")

    op.drop_table("action_note")
    with op.batch_alter_table("goal_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goal_step_goal_id"))

    op.drop_table("goal_step")
    op.drop_table("consent_withheld")
    op.drop_table("case_note_share")
    with op.batch_alter_table("action", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_action_owner_agency_id_due_on_open",
            sqlite_where=sa.text("status IN ('proposed', 'requested', 'accepted', 'in_progress', 'blocked')"),
            postgresql_where=sa.text(
                "status IN ('proposed', 'requested', 'accepted', 'in_progress', 'blocked')"
            ),
        )
        batch_op.drop_index("ix_action_owner_agency_id_changed_at")
        batch_op.drop_index(
            "ix_action_owner_agency_id_asked",
            sqlite_where=sa.text("status = 'requested'"),
            postgresql_where=sa.text("status = 'requested'"),
        )
        batch_op.drop_index("ix_action_case_id_goal_id")

    op.drop_table("action")
    op.drop_table("plan_version")
    with op.batch_alter_table("plan_review", schema=None) as batch_op:
        batch_op.drop_index("ix_plan_review_case_id_held_on")

    op.drop_table("plan_review")
    with op.batch_alter_table("plan_agreement", schema=None) as batch_op:
        batch_op.drop_index("ix_plan_agreement_case_id_number")

    op.drop_table("plan_agreement")
    op.drop_table("need")
    op.drop_table("goal")
    with op.batch_alter_table("consent_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consent_grant_in_force",
            sqlite_where=sa.text("status = 'active'"),
            postgresql_where=sa.text("status = 'active'"),
        )
        batch_op.drop_index("ix_consent_grant_case_id_agency_id")

    op.drop_table("consent_grant")
    with op.batch_alter_table("consent_exclusion", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consent_exclusion_standing",
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.drop_table("consent_exclusion")
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_note_corrects_id"))
        batch_op.drop_index("ix_case_note_case_id_happened_at")

    op.drop_table("case_note")
    with op.batch_alter_table("case_assignment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_case_assignment_open",
            sqlite_where=sa.text("to_at IS NULL"),
            postgresql_where=sa.text("to_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_case_assignment_one_case_manager",
            sqlite_where=sa.text("role = 'case_manager' AND to_at IS NULL"),
            postgresql_where=sa.text("role = 'case_manager' AND to_at IS NULL"),
        )
        batch_op.drop_index("ix_case_assignment_case_id_role")

    op.drop_table("case_assignment")
    with op.batch_alter_table("case_agency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_agency_agency_id"))

    op.drop_table("case_agency")
    with op.batch_alter_table("care_plan", schema=None) as batch_op:
        batch_op.drop_index("ix_care_plan_next_review_on")

    op.drop_table("care_plan")
    with op.batch_alter_table("person_warning", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_warning_person_id"))

    op.drop_table("person_warning")
    with op.batch_alter_table("person_trigram", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_trigram_person_id"))

    op.drop_table("person_trigram")
    with op.batch_alter_table("person_relative", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_relative_person_id"))

    op.drop_table("person_relative")
    with op.batch_alter_table("person_identifier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_identifier_value"))
        batch_op.drop_index(batch_op.f("ix_person_identifier_person_id"))

    op.drop_table("person_identifier")
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_case_person_id_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_case_previous_case_id"))
        batch_op.drop_index(batch_op.f("ix_case_line_manager_id"))
        batch_op.drop_index("ix_case_lead_agency_id_last_activity_at")

    op.drop_table("case")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_session_user_id"))

    op.drop_table("user_session")
    with op.batch_alter_table("user_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_area_area_id"))

    op.drop_table("user_area")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_user_id"))

    op.drop_table("submission")
    op.drop_table("saved_view")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_registered_by_agency_id_born_on")
        batch_op.drop_index(batch_op.f("ix_person_born_on"))

    op.drop_table("person")
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_one_time_link_user_id"))

    op.drop_table("one_time_link")
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_index("ix_import_batch_agency_id_uploaded_at")

    op.drop_table("import_batch")
    op.drop_table("agency_setting")
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_line_manager_id"))
        batch_op.drop_index("ix_user_agency_id_name")

    op.drop_table("user")
    with op.batch_alter_table("agency_contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agency_contact_agency_id"))

    op.drop_table("agency_contact")
    with op.batch_alter_table("agency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agency_area_id"))

    op.drop_table("agency")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_message_due_at_waiting",
            sqlite_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND dead_at IS NULL"),
        )

    op.drop_table("outbox_message")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index("ix_job_run_name_started_at")

    op.drop_table("job_run")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_user_id_at")
        batch_op.drop_index("ix_audit_entry_person_id_at")
        batch_op.drop_index("ix_audit_entry_case_id_at")
        batch_op.drop_index("ix_audit_entry_about_id_at")

    op.drop_table("audit_entry")
    op.drop_table("area")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entry_refuse()")
