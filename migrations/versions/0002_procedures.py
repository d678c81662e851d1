"""Chapters of procedures, their versions, who is asked to read them and who confirmed which version (S0-31)."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
