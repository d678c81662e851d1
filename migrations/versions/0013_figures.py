"""What meetings, gaps and reading still lacked in their tables."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OPEN = "state = 'open' AND joined_to_id IS NULL"
#: All that the numbers over the triage list ask for: none of ten thousand rows is read for them.
TRIAGE = (
    "area_id",
    "level",
    "reads_up_to",
    "due_on",
    "paused_at",
    "age_from",
    "holder_id",
    "state",
    "joined_to_id",
)


def upgrade():
    op.create_index(
        "ix_escalation_triage_open",
        "escalation",
        list(TRIAGE),
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def downgrade():
    op.drop_index("ix_escalation_triage_open", table_name="escalation")
