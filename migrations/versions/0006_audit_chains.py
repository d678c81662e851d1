"""The audit record is chained: each entry carries the seal of the one before (X-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ACTS = ("read", "listed", "searched", "changed", "refused", "exported", "printed")
NEW_ACTS = ("signed_in", "signed_out", "sent", "emergency", "disclosed")

#: As in 0001. On SQLite a table that is rebuilt loses its triggers: they are made again here.
APPEND_ONLY = (
    """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END""",
    """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END""",
)


def upgrade():
    _acts(ACTS + NEW_ACTS)


def downgrade():
    # what an older version has no word for was a change to it
    _acts(
        ACTS,
        older="CASE WHEN act IN ('signed_in', 'signed_out', 'sent', 'emergency', 'disclosed')"
        " THEN 'changed' ELSE act END",
    )


def _acts(acts, older="act"):
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_audit_entry_act"), "audit_entry", type_="check")
        if older != "act":
            op.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
            op.execute(f"UPDATE audit_entry SET act = {older}")  # noqa: S608 - words of this file
            op.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
        op.create_check_constraint(op.f("ck_audit_entry_act"), "audit_entry", sa.column("act").in_(acts))
        return
    op.execute("DROP TRIGGER audit_entry_no_update")
    op.execute("DROP TRIGGER audit_entry_no_delete")
    for index in ("about_id_at", "case_id_at", "person_id_at", "user_id_at"):
        op.drop_index(f"ix_audit_entry_{index}", "audit_entry")
    op.rename_table("audit_entry", "audit_entry_before")
    _table(acts)
    names = (
        "id, at, user_id, user_name, agency_id, agency_name, act, what, case_id, person_id, about_id, ground,"
        " grant_id, address, detail"
    )
    op.execute(
        f"INSERT INTO audit_entry ({names}) SELECT {names.replace(' act,', f' {older},')}"  # noqa: S608 - words of this file
        " FROM audit_entry_before ORDER BY id"
    )
    op.drop_table("audit_entry_before")
    for column in ("case_id", "person_id", "user_id"):
        op.create_index(f"ix_audit_entry_{column}_at", "audit_entry", [column, "at"])
    op.create_index(
        "ix_audit_entry_about_id_at",
        "audit_entry",
        ["about_id", "at"],
        sqlite_where=sa.text("about_id IS NOT NULL"),
    )
    for trigger in APPEND_ONLY:
        op.execute(trigger)


def _table(acts):
    op.create_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("user_name", sa.String(length=120), nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("agency_name", sa.String(length=160), nullable=False),
        sa.Column(
            "act",
            sa.Enum(*acts, name="act", native_enum=False, create_constraint=True, length=16),
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
