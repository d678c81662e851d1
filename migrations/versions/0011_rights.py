"""Rights of the person: access requests, retention and legal hold (X-5, X-9)."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
