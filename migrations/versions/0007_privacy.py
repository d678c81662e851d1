"""The privacy officer's work: what was unusual, what was looked into (X-7, X-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
RARE = sa.text("act NOT IN ('read', 'listed', 'searched', 'changed', 'signed_in', 'signed_out')")
KINDS = ("at_once", "many", "own_name", "out_of_hours", "closed", "refused", "no_act")
OUTCOMES = ("explained", "spoken_to", "breach")
STEPS = ("found", "noted", "closed", "reopened")
ACTS = (
    "read", "listed", "searched", "changed", "refused", "exported", "printed", "signed_in", "signed_out", "sent",
    "emergency", "disclosed",
)  # fmt: skip

#: A finding may be closed and opened again, what was done about it only added to; neither is ever taken away.
KEPT = {
    "sqlite": (
        """CREATE TRIGGER reading_finding_no_delete BEFORE DELETE ON reading_finding
        BEGIN SELECT RAISE(ABORT, 'findings are kept'); END""",
        """CREATE TRIGGER reading_finding_step_no_update BEFORE UPDATE ON reading_finding_step
        BEGIN SELECT RAISE(ABORT, 'the history of a finding is append-only'); END""",
        """CREATE TRIGGER reading_finding_step_no_delete BEFORE DELETE ON reading_finding_step
        BEGIN SELECT RAISE(ABORT, 'the history of a finding is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION reading_finding_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'findings and their history are kept'; END $$""",
        """CREATE TRIGGER reading_finding_no_delete BEFORE DELETE ON reading_finding
        FOR EACH ROW EXECUTE FUNCTION reading_finding_refuse()""",
        """CREATE TRIGGER reading_finding_step_no_change BEFORE UPDATE OR DELETE ON reading_finding_step
        FOR EACH ROW EXECUTE FUNCTION reading_finding_refuse()""",
    ),
}


def _word(words, name, length=32):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=length)


def upgrade():
    op.add_column("user", sa.Column("reading_proof_after", MOMENT, nullable=True))
    op.add_column("user", sa.Column("reading_held_until", MOMENT, nullable=True))
    op.create_table(
        "reading_finding",
        sa.Column("kind", _word(KINDS, "kind"), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("to_at", MOMENT, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("dedupe", sa.String(120), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by_id", ID, nullable=True),
        sa.Column("outcome", _word(OUTCOMES, "outcome"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_reading_finding_closed_has_outcome")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by_id IS NULL)", name=op.f("ck_reading_finding_closed_by_somebody")
        ),
        sa.CheckConstraint("from_at <= to_at", name=op.f("ck_reading_finding_from_before_to")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reading_finding_user_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reading_finding_agency_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["user.id"], name=op.f("fk_reading_finding_closed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_finding")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_reading_finding_dedupe")),
    )
    op.create_index("ix_reading_finding_user_id", "reading_finding", ["user_id"])
    op.create_index("ix_reading_finding_agency_id_found_at", "reading_finding", ["agency_id", "found_at"])
    op.create_index(
        "ix_reading_finding_agency_id_open",
        "reading_finding",
        ["agency_id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "reading_finding_step",
        sa.Column("finding_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("kind", _word(STEPS, "kind"), nullable=False),
        sa.Column("outcome", _word(OUTCOMES, "outcome"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["reading_finding.id"], name=op.f("fk_reading_finding_step_finding_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_reading_finding_step_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_finding_step")),
    )
    op.create_index("ix_reading_finding_step_finding_id_at", "reading_finding_step", ["finding_id", "at"])
    op.create_table(
        "audit_tally",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agency_id", ID, autoincrement=False, nullable=False),
        sa.Column("act", _word(ACTS, "act", 16), nullable=False),
        sa.Column("ground", sa.String(40), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "agency_id", "act", "ground", name=op.f("pk_audit_tally")),
    )
    op.create_table(
        "audit_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_audit_day")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_agency_id_at", "audit_entry", ["agency_id", "at"])
    op.create_index(
        "ix_audit_entry_act_at_rare",
        "audit_entry",
        ["act", "at"],
        sqlite_where=RARE,
        postgresql_where=RARE,
    )
    for statement in KEPT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade():
    for index in ("act_at_rare", "agency_id_at", "at"):
        op.drop_index(f"ix_audit_entry_{index}", "audit_entry")
    for table in ("audit_day", "audit_tally", "reading_finding_step", "reading_finding"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION reading_finding_refuse()")
    op.drop_column("user", "reading_held_until")
    op.drop_column("user", "reading_proof_after")
