"""Security keys and sign-in through the agency's own directory."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.add_column(
        "user_session", sa.Column("via", sa.String(40), nullable=False, server_default=sa.text("''"))
    )
    op.create_table(
        "security_key",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("credential", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("counter", ID, nullable=False),
        sa.Column("transports", sa.String(80), nullable=False),
        sa.Column("asks_who", sa.Boolean(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("set_aside_at", MOMENT, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_security_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_key")),
        sa.UniqueConstraint("credential", name=op.f("uq_security_key_credential")),
    )
    op.create_index("ix_security_key_user_id", "security_key", ["user_id"])
    op.create_table(
        "challenge",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("asked_of", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_challenge_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_challenge")),
    )
    op.create_index("ix_challenge_user_id", "challenge", ["user_id"])
    op.create_table(
        "directory_account",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("label", sa.String(254), nullable=False),
        sa.Column("connected_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_directory_account_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_directory_account_issuer_subject")),
        sa.UniqueConstraint("user_id", name=op.f("uq_directory_account_user_id")),
    )
    op.create_table(
        "agency_sign_in",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("directory", sa.String(40), nullable=False),
        sa.Column("passwords", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("directory_step_counts", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("second_step_from", sa.Date(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("passwords OR directory <> ''", name=op.f("ck_agency_sign_in_some_way_in")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_sign_in_agency_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_agency_sign_in_changed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_sign_in")),
        sa.UniqueConstraint("agency_id", name=op.f("uq_agency_sign_in_agency_id")),
    )


def downgrade():
    for table in ("agency_sign_in", "directory_account", "challenge", "security_key"):
        op.drop_table(table)
    op.drop_column("user_session", "via")
