"""Accounts that cannot be borrowed and an audit record that cannot be edited (X-13)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.add_column("user", sa.Column("locked_at", MOMENT, nullable=True))
    op.add_column(
        "user", sa.Column("locked_reason", sa.String(300), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("user_session", sa.Column("proved_at", MOMENT, nullable=True))
    op.add_column(
        "user_session", sa.Column("factor", sa.String(20), nullable=False, server_default=sa.text("''"))
    )
    op.create_table(
        "authenticator",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("sealed", sa.String(300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("last_step", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_authenticator_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator")),
        sa.UniqueConstraint("user_id", name=op.f("uq_authenticator_user_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_key_at", "attempt", ["key", "at"])
    op.create_table(
        "email_change",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("new_email", sa.String(254), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (outcome = '')", name=op.f("ck_email_change_decided_has_outcome")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_email_change_user_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_email_change_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_email_change_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
    )
    op.create_index("ix_email_change_user_id", "email_change", ["user_id"])
    op.create_index(
        "uq_email_change_open",
        "email_change",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )


def downgrade():
    for table in ("email_change", "attempt", "recovery_code", "authenticator"):
        op.drop_table(table)
    op.drop_column("user_session", "factor")
    op.drop_column("user_session", "proved_at")
    op.drop_column("user", "locked_reason")
    op.drop_column("user", "locked_at")
