"""Quarters that are kept as they were, barriers that minutes name, and what triage counts by (S2-39, issues 3 and 4)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: What was kept of a quarter stays as it is: the databases themselves refuse (S2-39).
WRITTEN_ONCE = {
    "sqlite": (
        """CREATE TRIGGER quarter_figures_no_update BEFORE UPDATE ON quarter_figures
        BEGIN SELECT RAISE(ABORT, 'the figures of a quarter are kept as they were'); END""",
        """CREATE TRIGGER quarter_figures_no_delete BEFORE DELETE ON quarter_figures
        BEGIN SELECT RAISE(ABORT, 'the figures of a quarter are kept as they were'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION quarter_figures_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the figures of a quarter are kept as they were'; END $$""",
        """CREATE TRIGGER quarter_figures_no_change BEFORE UPDATE OR DELETE ON quarter_figures
        FOR EACH ROW EXECUTE FUNCTION quarter_figures_refuse()""",
    ),
}

OPEN = "state = 'open' AND joined_to_id IS NULL"
#: All that the numbers over the triage list ask for: none of ten thousand rows is read for them.
TRIAGE = (
    "area_id",
    "level",
    "reads_up_to",
    "due_on",
    "paused_at",
    "age_from",
    "holder_id",
    "state",
    "joined_to_id",
    "case_id",
)


def upgrade():
    op.create_index(
        "ix_escalation_triage_open",
        "escalation",
        list(TRIAGE),
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_table(
        "quarter_figures",
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("area_id", ID, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_quarter_figures_agency_id")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_quarter_figures_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarter_figures")),
        sa.UniqueConstraint("quarter", "agency_id", name=op.f("uq_quarter_figures_quarter_agency_id")),
    )
    op.create_index(op.f("ix_quarter_figures_agency_id"), "quarter_figures", ["agency_id"])
    op.create_index("ix_quarter_figures_quarter_area_id", "quarter_figures", ["quarter", "area_id"])
    op.add_column("meeting_decision", sa.Column("escalation_id", ID, nullable=True))
    op.add_column(
        "meeting_decision",
        sa.Column("not_raised_reason", sa.String(length=300), nullable=False, server_default=sa.text("''")),
    )
    for trigger in WRITTEN_ONCE[op.get_bind().dialect.name]:
        op.execute(trigger)


def downgrade():
    with op.batch_alter_table("meeting_decision") as batch_op:
        batch_op.drop_column("not_raised_reason")
        batch_op.drop_column("escalation_id")
    op.drop_table("quarter_figures")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION quarter_figures_refuse()")
    op.drop_index("ix_escalation_triage_open", table_name="escalation")
