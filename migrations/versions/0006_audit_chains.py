"""The audit record is chained: each entry carries the seal of the one before, checkpoints seal the chains (X-13).

Entries that are there already get their chain and their number, in the order in which they were written, and no seal: a
migration has no key. The next entry of their chain, or the next checkpoint, seals what they say (docs/decisions/0018).
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ACTS = ("read", "listed", "searched", "changed", "refused", "exported", "printed")
NEW_ACTS = ("signed_in", "signed_out", "sent", "emergency", "disclosed")

COLUMNS = (
    "id, at, user_id, user_name, agency_id, agency_name, act, what, case_id, person_id, about_id, ground,"
    " grant_id, address, detail"
)
#: Per person; what is about nobody by the account that acted, or was acted upon; else one chain for all.
CHAIN = 'COALESCE(person_id, (SELECT c.person_id FROM "case" c WHERE c.id = audit_entry.case_id), user_id, about_id, 0)'
#: What an older version has no word for was a change to it.
OLDER_ACT = "CASE WHEN act IN ('signed_in', 'signed_out', 'sent', 'emergency', 'disclosed') THEN 'changed' ELSE act END"


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        _upgrade_postgresql()
    else:
        _upgrade_sqlite()
    _checkpoints()


def downgrade():
    for table in ("audit_head", "audit_checkpoint"):
        if op.get_bind().dialect.name == "postgresql":
            op.drop_table(table)
            op.execute(f"DROP FUNCTION {table}_refuse()")
        else:
            op.execute(f"DROP TRIGGER {table}_no_delete")
            op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        _downgrade_postgresql()
    else:
        _downgrade_sqlite()


# --- PostgreSQL: the table stays ----------------------------------------------------------------------------------


def _upgrade_postgresql():
    op.drop_constraint(op.f("ck_audit_entry_act"), "audit_entry", type_="check")
    op.create_check_constraint(
        op.f("ck_audit_entry_act"), "audit_entry", sa.column("act").in_(ACTS + NEW_ACTS)
    )
    op.add_column("audit_entry", sa.Column("chain", ID, nullable=True))
    op.add_column("audit_entry", sa.Column("number", ID, nullable=True))
    for name, length in (("key_id", 16), ("seal", 64)):
        op.add_column("audit_entry", sa.Column(name, sa.String(length), nullable=False, server_default=""))
        op.alter_column("audit_entry", name, server_default=None)
    op.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    op.execute(f"UPDATE audit_entry SET chain = {CHAIN}")  # noqa: S608 - words of this file
    op.execute(
        "UPDATE audit_entry e SET number = n.number FROM"
        " (SELECT id, row_number() OVER (PARTITION BY chain ORDER BY id) AS number FROM audit_entry) n"
        " WHERE n.id = e.id"
    )
    op.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    op.alter_column("audit_entry", "chain", nullable=False)
    op.alter_column("audit_entry", "number", nullable=False)
    op.create_check_constraint(op.f("ck_audit_entry_number"), "audit_entry", "number >= 1")
    op.create_unique_constraint(op.f("uq_audit_entry_chain_number"), "audit_entry", ["chain", "number"])
    op.drop_index("ix_audit_entry_case_id_at", "audit_entry")
    op.drop_index("ix_audit_entry_person_id_at", "audit_entry")


def _downgrade_postgresql():
    op.create_index("ix_audit_entry_case_id_at", "audit_entry", ["case_id", "at"])
    op.create_index("ix_audit_entry_person_id_at", "audit_entry", ["person_id", "at"])
    op.drop_constraint(op.f("uq_audit_entry_chain_number"), "audit_entry", type_="unique")
    op.drop_constraint(op.f("ck_audit_entry_number"), "audit_entry", type_="check")
    for name in ("chain", "number", "key_id", "seal"):
        op.drop_column("audit_entry", name)
    op.drop_constraint(op.f("ck_audit_entry_act"), "audit_entry", type_="check")
    op.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    op.execute(f"UPDATE audit_entry SET act = {OLDER_ACT}")  # noqa: S608 - words of this file
    op.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    op.create_check_constraint(op.f("ck_audit_entry_act"), "audit_entry", sa.column("act").in_(ACTS))


# --- SQLite: the table is written anew, and its indexes and triggers with it ----------------------------------------


def _upgrade_sqlite():
    _set_aside()
    _table(
        ACTS + NEW_ACTS,
        sa.Column("chain", ID, nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_audit_entry_chain_number")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_audit_entry_number")),
    )
    op.execute(
        f"INSERT INTO audit_entry ({COLUMNS}, chain, number, key_id, seal)"  # noqa: S608 - words of this file
        f" SELECT {COLUMNS}, chain, row_number() OVER (PARTITION BY chain ORDER BY id), '', '' FROM"
        f" (SELECT {COLUMNS}, {CHAIN.replace('audit_entry.', 'audit_entry_before.')} AS chain FROM audit_entry_before)"
        " ORDER BY id"
    )
    _take_back("user_id")


def _downgrade_sqlite():
    _set_aside("user_id")
    _table(ACTS)
    op.execute(
        f"INSERT INTO audit_entry ({COLUMNS}) SELECT {COLUMNS.replace(' act,', f' {OLDER_ACT},')}"  # noqa: S608
        " FROM audit_entry_before ORDER BY id"
    )
    _take_back("case_id", "person_id", "user_id")


def _set_aside(*indexed):
    for trigger in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_entry_no_{trigger}")
    for column in ("about_id", *(indexed or ("case_id", "person_id", "user_id"))):
        op.drop_index(f"ix_audit_entry_{column}_at", "audit_entry")
    op.rename_table("audit_entry", "audit_entry_before")


def _take_back(*indexed):
    op.drop_table("audit_entry_before")
    for column in indexed:
        op.create_index(f"ix_audit_entry_{column}_at", "audit_entry", [column, "at"])
    op.create_index(
        "ix_audit_entry_about_id_at",
        "audit_entry",
        ["about_id", "at"],
        sqlite_where=sa.text("about_id IS NOT NULL"),
    )
    _append_only_sqlite("audit_entry")


def _append_only_sqlite(table):
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END"
        )


def _table(acts, *more):
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
        *more,
    )


# --- checkpoints ----------------------------------------------------------------------------------------------------


def _checkpoints():
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chains", ID, nullable=False),
        sa.Column("entries", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_head",
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("chain", ID, nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"], ["audit_checkpoint.number"], name=op.f("fk_audit_head_checkpoint")
        ),
        sa.PrimaryKeyConstraint("checkpoint", "chain", name=op.f("pk_audit_head")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_audit_head_chain_number")),
    )
    for table in ("audit_checkpoint", "audit_head"):
        if op.get_bind().dialect.name == "sqlite":
            _append_only_sqlite(table)
            continue
        op.execute(
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit record is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )
