"""Gaps and blocks on their way from worker to national coordinator, the register, and grievances (S3-71)."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
