"""The privacy officer's work: what was unusual, what was looked into (X-7, X-13)."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
