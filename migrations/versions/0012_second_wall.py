"""Row-level security on PostgreSQL, under the application's own scoping."""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
