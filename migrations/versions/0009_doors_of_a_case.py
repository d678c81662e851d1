"""Named denial, asking for access, and access in an emergency (X-7, X-8)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: What was said about a denial, and what a review found, is added to and never edited: the databases refuse.
ADDED_TO = ("access_denial_step", "emergency_review")


def triggers(dialect, table):
    if dialect == "sqlite":
        for act in ("update", "delete"):
            yield f"""CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}
            BEGIN SELECT RAISE(ABORT, 'this history is append-only'); END"""
        return
    yield f"""CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'this history is append-only'; END $$"""
    yield f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"""
    yield f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"""


def upgrade():
    op.create_table(
        "emergency_right",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_emergency_right_ended_by_somebody")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_emergency_right_ended_by_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["user.id"], name=op.f("fk_emergency_right_given_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_emergency_right_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_right")),
    )
    with op.batch_alter_table("emergency_right", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_right_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_emergency_right_live",
            ["user_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "access_denial",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "family",
                "former_partner",
                "near",
                "persons_wish",
                "other",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", ID, nullable=False),
        sa.Column("set_by_agency_id", ID, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR reference <> ''", name=op.f("ck_access_denial_names_a_record")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_access_denial_ended_by_somebody")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_access_denial_agency_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_access_denial_ended_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_denial_person_id")),
        sa.ForeignKeyConstraint(
            ["set_by_agency_id"], ["agency.id"], name=op.f("fk_access_denial_set_by_agency_id")
        ),
        sa.ForeignKeyConstraint(["set_by_id"], ["user.id"], name=op.f("fk_access_denial_set_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_access_denial_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_denial")),
    )
    with op.batch_alter_table("access_denial", schema=None) as batch_op:
        batch_op.create_index("ix_access_denial_agency_id_set_at", ["agency_id", "set_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_denial_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_access_denial_live",
            ["user_id", "person_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "access_denial_step",
        sa.Column("denial_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum("set", "kept", "ended", name="act", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["denial_id"], ["access_denial.id"], name=op.f("fk_access_denial_step_denial_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_access_denial_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_denial_step")),
    )
    with op.batch_alter_table("access_denial_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_denial_step_denial_id"), ["denial_id"], unique=False)

    op.create_table(
        "access_request",
        sa.Column("asker_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("sought", sa.String(length=300), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("needed_until", sa.Date(), nullable=False),
        sa.Column("permission", sa.String(length=300), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "granted",
                "refused",
                "withdrawn",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(outcome IS NULL) = (decided_at IS NULL)", name=op.f("ck_access_request_decided_has_a_time")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_access_request_agency_id")),
        sa.ForeignKeyConstraint(["asker_id"], ["user.id"], name=op.f("fk_access_request_asker_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_access_request_case_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_access_request_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
    )
    with op.batch_alter_table("access_request", schema=None) as batch_op:
        batch_op.create_index("ix_access_request_asker_id_asked_at", ["asker_id", "asked_at"], unique=False)
        batch_op.create_index("ix_access_request_case_id_asked_at", ["case_id", "asked_at"], unique=False)
        batch_op.create_index(
            "uq_access_request_waiting",
            ["asker_id", "case_id"],
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "emergency_access",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("lead_agency_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "life",
                "others",
                "overdose",
                "missing",
                "care",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_by", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "justified",
                "not_justified",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(outcome IS NULL) = (reviewed_at IS NULL)",
            name=op.f("ck_emergency_access_reviewed_has_an_outcome"),
        ),
        sa.CheckConstraint("ends_at > opened_at", name=op.f("ck_emergency_access_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_emergency_access_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_emergency_access_case_id")),
        sa.ForeignKeyConstraint(
            ["lead_agency_id"], ["agency.id"], name=op.f("fk_emergency_access_lead_agency_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_emergency_access_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_access")),
    )
    with op.batch_alter_table("emergency_access", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_access_agency_id"), ["agency_id"], unique=False)
        batch_op.create_index("ix_emergency_access_case_id_opened_at", ["case_id", "opened_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_emergency_access_lead_agency_id"), ["lead_agency_id"], unique=False
        )
        batch_op.create_index(
            "ix_emergency_access_unreviewed",
            ["opened_at"],
            unique=False,
            sqlite_where=sa.text("reviewed_at IS NULL"),
            postgresql_where=sa.text("reviewed_at IS NULL"),
        )
        batch_op.create_index("ix_emergency_access_user_id_opened_at", ["user_id", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_emergency_access_live",
            ["user_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "emergency_review",
        sa.Column("access_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "justified",
                "not_justified",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["access_id"], ["emergency_access.id"], name=op.f("fk_emergency_review_access_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_emergency_review_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_review")),
    )
    with op.batch_alter_table("emergency_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_review_access_id"), ["access_id"], unique=False)

    dialect = op.get_bind().dialect.name
    for table in ADDED_TO:
        for statement in triggers(dialect, table):
            op.execute(statement)


def downgrade():
    dialect = op.get_bind().dialect.name
    for table in (
        "emergency_review",
        "emergency_access",
        "access_request",
        "access_denial_step",
        "access_denial",
        "emergency_right",
    ):
        op.drop_table(table)
    if dialect == "postgresql":
        for table in ADDED_TO:
            op.execute(f"DROP FUNCTION {table}_refuse()")
