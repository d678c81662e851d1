"""Named denial, asking for access, and access in an emergency (X-7, X-8)."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
