"""Chapters of procedures, their versions, who is asked to read them and who confirmed which version (S0-31, X-14)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: What was confirmed stays as it was: both databases refuse, whatever the application does (S0-31, C12).
APPEND_ONLY = ("reading_receipt", "reading_confirmation")
#: What a published version says; when it is superseded is written later.
WORDS = (
    "chapter_id", "number", "title", "about", "quality_theme", "we_statement", "i_statement", "form", "text", "link",
    "file_id", "change", "changed", "counts_from", "effective_on", "published_at",
)  # fmt: skip


def upgrade():
    op.create_table(
        "handbook",
        sa.Column("agency_id", ID, autoincrement=False, nullable=False),
        sa.Column("stamp", ID, nullable=False),
        sa.Column("families", sa.JSON(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_handbook_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_handbook")),
    )
    op.create_table(
        "reading_coverage",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("line_manager_id", ID, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("outdated", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reading_coverage_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_coverage")),
        sa.UniqueConstraint(
            "agency_id",
            "on_day",
            "line_manager_id",
            name=op.f("uq_reading_coverage_agency_id_on_day_line_manager_id"),
        ),
    )
    op.create_table(
        "reading_set",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("induction", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.Integer(), nullable=True),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("due_days BETWEEN 1 AND 730", name=op.f("ck_reading_set_due_days_in_reason")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reading_set_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_set")),
    )
    op.create_index(
        "uq_reading_set_agency_id_name",
        "reading_set",
        ["agency_id", "name"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "chapter",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column(
            "area",
            sa.Enum(
                "rights",
                "first_contact",
                "assessment",
                "planning",
                "together",
                "safety",
                "moving_on",
                "records",
                "staff",
                name="area",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("editor_id", ID, nullable=True),
        sa.Column("next_revision_on", sa.Date(), nullable=True),
        sa.Column("library_key", sa.String(length=60), nullable=False),
        sa.Column("library_edition", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(withdrawn_on IS NULL) = (withdrawn_reason = '')", name=op.f("ck_chapter_withdrawn_has_a_reason")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_chapter_agency_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_chapter_created_by_id")),
        sa.ForeignKeyConstraint(["editor_id"], ["user.id"], name=op.f("fk_chapter_editor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chapter")),
    )
    op.create_index("ix_chapter_agency_id_place", "chapter", ["agency_id", "place"], unique=False)
    op.create_index(op.f("ix_chapter_editor_id"), "chapter", ["editor_id"], unique=False)
    op.create_index(
        "uq_chapter_agency_id_number",
        "chapter",
        ["agency_id", "number"],
        unique=True,
        sqlite_where=sa.text("withdrawn_on IS NULL"),
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )
    op.create_table(
        "chapter_file",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_chapter_file_agency_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["user.id"], name=op.f("fk_chapter_file_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chapter_file")),
    )
    op.create_index(op.f("ix_chapter_file_agency_id"), "chapter_file", ["agency_id"], unique=False)
    op.create_table(
        "reading_aids",
        sa.Column("user_id", ID, autoincrement=False, nullable=False),
        sa.Column(
            "text_size",
            sa.Enum(
                "normal",
                "large",
                "largest",
                name="text_size",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "tint",
            sa.Enum(
                "paper",
                "cream",
                "blue",
                "green",
                "rose",
                name="tint",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reading_aids_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reading_aids")),
    )
    op.create_table(
        "reading_assignment",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column(
            "target",
            sa.Enum(
                "agency",
                "role",
                "profession",
                "team",
                "person",
                name="target",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("target_role", sa.Integer(), nullable=True),
        sa.Column("target_profession", sa.String(length=80), nullable=False),
        sa.Column("target_user_id", ID, nullable=True),
        sa.Column("set_id", ID, nullable=True),
        sa.Column(
            "purpose",
            sa.Enum(
                "induction",
                "supervision",
                "cpd",
                "team_discussion",
                "other",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("ended_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(target = 'profession') = (target_profession <> '')",
            name=op.f("ck_reading_assignment_profession_is_named"),
        ),
        sa.CheckConstraint(
            "(target = 'role') = (target_role IS NOT NULL)", name=op.f("ck_reading_assignment_role_is_named")
        ),
        sa.CheckConstraint(
            "(target IN ('team', 'person')) = (target_user_id IS NOT NULL)",
            name=op.f("ck_reading_assignment_person_is_named"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reading_assignment_agency_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_reading_assignment_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_reading_assignment_ended_by_id")),
        sa.ForeignKeyConstraint(["set_id"], ["reading_set.id"], name=op.f("fk_reading_assignment_set_id")),
        sa.ForeignKeyConstraint(
            ["target_user_id"], ["user.id"], name=op.f("fk_reading_assignment_target_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_assignment")),
    )
    op.create_index(
        "ix_reading_assignment_agency_id_at", "reading_assignment", ["agency_id", "at"], unique=False
    )
    op.create_index(op.f("ix_reading_assignment_set_id"), "reading_assignment", ["set_id"], unique=False)
    op.create_index(
        op.f("ix_reading_assignment_target_user_id"), "reading_assignment", ["target_user_id"], unique=False
    )
    op.create_table(
        "reading_receipt",
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("agency_name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("read", "mistake", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "induction",
                "supervision",
                "cpd",
                "team_discussion",
                "other",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("purpose_other", sa.String(length=300), nullable=False),
        sa.Column("statement", sa.String(length=300), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("statement <> ''", name=op.f("ck_reading_receipt_has_a_statement")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reading_receipt_agency_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reading_receipt_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_receipt")),
        sa.UniqueConstraint("reference", name=op.f("uq_reading_receipt_reference")),
    )
    op.create_index(op.f("ix_reading_receipt_agency_id"), "reading_receipt", ["agency_id"], unique=False)
    op.create_index("ix_reading_receipt_user_id_at", "reading_receipt", ["user_id", "at"], unique=False)
    op.create_table(
        "chapter_related",
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.CheckConstraint("chapter_id < other_id", name=op.f("ck_chapter_related_said_once")),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_chapter_related_chapter_id")),
        sa.ForeignKeyConstraint(["other_id"], ["chapter.id"], name=op.f("fk_chapter_related_other_id")),
        sa.PrimaryKeyConstraint("chapter_id", "other_id", name=op.f("pk_chapter_related")),
    )
    op.create_index(op.f("ix_chapter_related_other_id"), "chapter_related", ["other_id"], unique=False)
    op.create_table(
        "chapter_step",
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_chapter_step_chapter_id")),
        sa.PrimaryKeyConstraint("chapter_id", "step", name=op.f("pk_chapter_step")),
    )
    op.create_table(
        "chapter_version",
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("quality_theme", sa.String(length=160), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "text", "file", "link", name="form", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "first",
                "minor",
                "read_again",
                name="change",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("counts_from", sa.Integer(), nullable=False),
        sa.Column("read_by", sa.Date(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("superseded_on", sa.Date(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        # long texts last: SQLite reads through them to whatever stands behind
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("we_statement", sa.Text(), nullable=False),
        sa.Column("i_statement", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(form = 'file') = (file_id IS NOT NULL) OR published_at IS NULL",
            name=op.f("ck_chapter_version_file_has_a_file"),
        ),
        sa.CheckConstraint(
            "form <> 'link' OR link <> '' OR published_at IS NULL",
            name=op.f("ck_chapter_version_link_has_an_address"),
        ),
        sa.CheckConstraint(
            "(published_at IS NULL) = (effective_on IS NULL)",
            name=op.f("ck_chapter_version_published_has_its_day"),
        ),
        sa.CheckConstraint(
            "counts_from BETWEEN 1 AND number", name=op.f("ck_chapter_version_counts_from_one_there_is")
        ),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_chapter_version_chapter_id")),
        sa.ForeignKeyConstraint(["file_id"], ["chapter_file.id"], name=op.f("fk_chapter_version_file_id")),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user.id"], name=op.f("fk_chapter_version_published_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["user.id"], name=op.f("fk_chapter_version_written_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chapter_version")),
        sa.UniqueConstraint("chapter_id", "number", name=op.f("uq_chapter_version_chapter_id_number")),
    )
    op.create_index(
        "ix_chapter_version_in_force",
        "chapter_version",
        ["chapter_id", "effective_on", "superseded_on", "counts_from", "number"],
        unique=False,
    )
    op.create_index(op.f("ix_chapter_version_file_id"), "chapter_version", ["file_id"], unique=False)
    op.create_index(
        "uq_chapter_version_chapter_id_draft",
        "chapter_version",
        ["chapter_id"],
        unique=True,
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "reading_assignment_chapter",
        sa.Column("assignment_id", ID, nullable=False),
        sa.Column("chapter_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["reading_assignment.id"],
            name=op.f("fk_reading_assignment_chapter_assignment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["chapter_id"], ["chapter.id"], name=op.f("fk_reading_assignment_chapter_chapter_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", "chapter_id", name=op.f("pk_reading_assignment_chapter")),
    )
    op.create_index(
        op.f("ix_reading_assignment_chapter_chapter_id"),
        "reading_assignment_chapter",
        ["chapter_id"],
        unique=False,
    )
    op.create_table(
        "reading_set_chapter",
        sa.Column("set_id", ID, nullable=False),
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chapter_id"], ["chapter.id"], name=op.f("fk_reading_set_chapter_chapter_id")
        ),
        sa.ForeignKeyConstraint(["set_id"], ["reading_set.id"], name=op.f("fk_reading_set_chapter_set_id")),
        sa.PrimaryKeyConstraint("set_id", "chapter_id", name=op.f("pk_reading_set_chapter")),
    )
    op.create_index(
        op.f("ix_reading_set_chapter_chapter_id"), "reading_set_chapter", ["chapter_id"], unique=False
    )
    op.create_table(
        "reading_waiver",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_reading_waiver_has_a_reason")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by_id IS NULL)", name=op.f("ck_reading_waiver_lifted_by_somebody")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_reading_waiver_by_id")),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_reading_waiver_chapter_id")),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["user.id"], name=op.f("fk_reading_waiver_lifted_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reading_waiver_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_waiver")),
    )
    op.create_index(
        "ix_reading_waiver_user_id_chapter_id", "reading_waiver", ["user_id", "chapter_id"], unique=False
    )
    op.create_table(
        "chapter_feedback",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("chapter_version_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("receipt_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer = '')", name=op.f("ck_chapter_feedback_answered_has_an_answer")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_chapter_feedback_agency_id")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user.id"], name=op.f("fk_chapter_feedback_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_chapter_feedback_chapter_id")),
        sa.ForeignKeyConstraint(
            ["chapter_version_id"],
            ["chapter_version.id"],
            name=op.f("fk_chapter_feedback_chapter_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["reading_receipt.id"], name=op.f("fk_chapter_feedback_receipt_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_chapter_feedback_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chapter_feedback")),
    )
    op.create_index(
        "ix_chapter_feedback_agency_id_open",
        "chapter_feedback",
        ["agency_id"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(
        "ix_chapter_feedback_chapter_id_at", "chapter_feedback", ["chapter_id", "at"], unique=False
    )
    op.create_index("ix_chapter_feedback_user_id_at", "chapter_feedback", ["user_id", "at"], unique=False)
    op.create_table(
        "reading_confirmation",
        sa.Column("receipt_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("chapter_version_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("read", "mistake", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("filled", sa.JSON(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assignment_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(kind = 'mistake') = (corrects_id IS NOT NULL)",
            name=op.f("ck_reading_confirmation_mistake_names_what"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reading_confirmation_agency_id")),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["reading_assignment.id"], name=op.f("fk_reading_confirmation_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["chapter_id"], ["chapter.id"], name=op.f("fk_reading_confirmation_chapter_id")
        ),
        sa.ForeignKeyConstraint(
            ["chapter_version_id"],
            ["chapter_version.id"],
            name=op.f("fk_reading_confirmation_chapter_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["reading_confirmation.id"], name=op.f("fk_reading_confirmation_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["reading_receipt.id"], name=op.f("fk_reading_confirmation_receipt_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reading_confirmation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_confirmation")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_reading_confirmation_corrects_id")),
        sa.UniqueConstraint(
            "receipt_id",
            "chapter_version_id",
            name=op.f("uq_reading_confirmation_receipt_id_chapter_version_id"),
        ),
    )
    op.create_index(
        op.f("ix_reading_confirmation_agency_id"), "reading_confirmation", ["agency_id"], unique=False
    )
    op.create_index(
        "ix_reading_confirmation_chapter_id_at", "reading_confirmation", ["chapter_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_reading_confirmation_chapter_version_id"),
        "reading_confirmation",
        ["chapter_version_id"],
        unique=False,
    )
    op.create_index(
        "ix_reading_confirmation_user_id_chapter_id_number",
        "reading_confirmation",
        ["user_id", "chapter_id", "number"],
        unique=False,
    )
    op.create_table(
        "reading_standing",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("chapter_id", ID, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignment_id", ID, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_number", sa.Integer(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmation_id", ID, nullable=True),
        sa.CheckConstraint(
            "(asked_at IS NULL) = (due_on IS NULL)", name=op.f("ck_reading_standing_asked_has_a_day")
        ),
        sa.CheckConstraint(
            "(confirmed_number = 0) = (confirmed_on IS NULL)",
            name=op.f("ck_reading_standing_confirmed_has_a_day"),
        ),
        sa.CheckConstraint(
            "waived_at IS NULL OR asked_at IS NOT NULL", name=op.f("ck_reading_standing_waived_was_asked")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["reading_assignment.id"], name=op.f("fk_reading_standing_assignment_id")
        ),
        sa.ForeignKeyConstraint(["chapter_id"], ["chapter.id"], name=op.f("fk_reading_standing_chapter_id")),
        sa.ForeignKeyConstraint(
            ["confirmation_id"], ["reading_confirmation.id"], name=op.f("fk_reading_standing_confirmation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reading_standing_user_id")),
        sa.PrimaryKeyConstraint("user_id", "chapter_id", name=op.f("pk_reading_standing")),
    )
    op.create_index(
        op.f("ix_reading_standing_assignment_id"), "reading_standing", ["assignment_id"], unique=False
    )
    op.create_index(
        "ix_reading_standing_chapter_id_user_id", "reading_standing", ["chapter_id", "user_id"], unique=False
    )
    op.create_index(
        "ix_reading_standing_due_on_asked",
        "reading_standing",
        ["due_on", "user_id"],
        unique=False,
        sqlite_where=sa.text("asked_at IS NOT NULL AND waived_at IS NULL"),
        postgresql_where=sa.text("asked_at IS NOT NULL AND waived_at IS NULL"),
    )
    keep_what_was_confirmed()


def keep_what_was_confirmed():
    words = ", ".join(WORDS)
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'confirmations of reading are append-only'); END"
                )
        for act in (f"UPDATE OF {words}", "DELETE"):
            op.execute(
                f"CREATE TRIGGER chapter_version_no_{act[:6].lower()} BEFORE {act} ON chapter_version "
                "WHEN OLD.published_at IS NOT NULL "
                "BEGIN SELECT RAISE(ABORT, 'a published version is never changed'); END"
            )
        return
    for name, said in (
        ("reading_refuse", "confirmations of reading are append-only"),
        ("chapter_version_refuse", "a published version is never changed"),
    ):
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{said}'; END $$"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION reading_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION reading_refuse()"
        )
    op.execute(
        f"CREATE TRIGGER chapter_version_no_change BEFORE UPDATE OF {words} OR DELETE ON chapter_version "
        "FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION chapter_version_refuse()"
    )


def downgrade():
    op.drop_table("reading_standing")
    op.drop_table("reading_confirmation")
    op.drop_table("chapter_feedback")
    op.drop_table("reading_waiver")
    op.drop_table("reading_set_chapter")
    op.drop_table("reading_assignment_chapter")
    op.drop_table("chapter_version")
    op.drop_table("chapter_step")
    op.drop_table("chapter_related")
    op.drop_table("reading_receipt")
    op.drop_table("reading_assignment")
    op.drop_table("reading_aids")
    op.drop_table("chapter_file")
    op.drop_table("chapter")
    op.drop_table("reading_set")
    op.drop_table("reading_coverage")
    op.drop_table("handbook")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION reading_refuse(), chapter_version_refuse()")
