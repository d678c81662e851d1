"""Case meetings: called, invited, held, and minuted as changes of the plan (S2-20, S3-63)."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
