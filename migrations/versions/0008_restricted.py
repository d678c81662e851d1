"""The restricted section of a case, and disclosure without consent (X-6, S2-43)."""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
