"""The transfer of a case to another lead agency (C10, B9), and since when an agency leads a case (S3-51, S2-49)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

HISTORY = "the history of a transfer is append-only"
DOOR = "SELECT 1 FROM disposal_door d JOIN transfer t ON t.case_id = d.case_id WHERE t.id = OLD.transfer_id"
#: What of the form is never changed once it was handed over.
FORM = (
    "transfer_id, summary, chronology, works, risks, next_weeks, attendees, held_on, reassess, reassess_why, "
    "notes_from, handed_over_at, content"
)


def upgrade():
    op.create_table(
        "transfer",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("from_agency_id", ID, nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "not_best_placed",
                "relapse",
                "excluded",
                "persons_request",
                "programme_complete",
                "elsewhere",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("excluded_on", sa.Date(), nullable=True),
        sa.Column("persons_view", sa.Text(), nullable=False),
        sa.Column("who_now", sa.Text(), nullable=False),
        sa.Column("plan_goes_on", sa.Text(), nullable=False),
        sa.Column("who_after", sa.Text(), nullable=False),
        sa.Column("assured_on", sa.Date(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum(
                "requested",
                "approached",
                "accepted_in_principle",
                "consent",
                "handover_scheduled",
                "handed_over",
                "effective",
                "no_service_found",
                "withdrawn",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status_before",
            sa.Enum(
                "enquiry",
                "initial_assessment",
                "allocation",
                "key_working",
                "case_managed",
                "transfer_pending",
                "contact_lost",
                "closing",
                "closed_positive",
                "closed_other",
                "closed_transferred",
                "referred_on",
                name="status_before",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", ID, nullable=False),
        sa.Column("grant_id", ID, nullable=True),
        sa.Column(
            "keeps",
            sa.Enum(
                "nothing", "own_part", name="keeps", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("keeps_until", sa.Date(), nullable=True),
        sa.Column("meeting_id", ID, nullable=True),
        sa.Column("handover_on", sa.Date(), nullable=True),
        sa.Column("interim", sa.Text(), nullable=False),
        sa.Column("escalation_id", ID, nullable=True),
        sa.Column("to_agency_id", ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(reason = 'excluded') = (excluded_on IS NOT NULL)", name=op.f("ck_transfer_exclusion_has_a_day")
        ),
        sa.CheckConstraint(
            "(stage = 'effective') = (to_agency_id IS NOT NULL)",
            name=op.f("ck_transfer_effective_has_an_agency"),
        ),
        sa.CheckConstraint(
            "(stage IN ('effective', 'no_service_found', 'withdrawn')) = (ended_at IS NOT NULL)",
            name=op.f("ck_transfer_ended_has_a_time"),
        ),
        sa.CheckConstraint(
            "stage <> 'no_service_found' OR interim <> ''", name=op.f("ck_transfer_meanwhile_is_said")
        ),
        sa.CheckConstraint(
            "stage NOT IN ('consent', 'handover_scheduled', 'handed_over', 'effective') OR grant_id IS NOT NULL",
            name=op.f("ck_transfer_consent_comes_first"),
        ),
        sa.CheckConstraint(
            "to_agency_id IS NULL OR to_agency_id <> from_agency_id", name=op.f("ck_transfer_two_agencies")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_transfer_case_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], name=op.f("fk_transfer_escalation_id")),
        sa.ForeignKeyConstraint(["from_agency_id"], ["agency.id"], name=op.f("fk_transfer_from_agency_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["consent_grant.id"], name=op.f("fk_transfer_grant_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_transfer_meeting_id")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["user.id"], name=op.f("fk_transfer_requested_by_id")),
        sa.ForeignKeyConstraint(["to_agency_id"], ["agency.id"], name=op.f("fk_transfer_to_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index("ix_transfer_case_id_requested_at", "transfer", ["case_id", "requested_at"], unique=False)
    op.create_index(op.f("ix_transfer_escalation_id"), "transfer", ["escalation_id"], unique=False)
    op.create_index(
        "ix_transfer_from_agency_id_requested_at",
        "transfer",
        ["from_agency_id", "requested_at"],
        unique=False,
    )
    op.create_index(op.f("ix_transfer_grant_id"), "transfer", ["grant_id"], unique=False)
    op.create_index(op.f("ix_transfer_meeting_id"), "transfer", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_transfer_to_agency_id"), "transfer", ["to_agency_id"], unique=False)
    op.create_index(
        "uq_transfer_open",
        "transfer",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "transfer_approach",
        sa.Column("transfer_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "accepted",
                "declined",
                "taken_back",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("worker_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)", name=op.f("ck_transfer_approach_answer_has_a_time")
        ),
        sa.CheckConstraint(
            "state <> 'declined' OR answer <> ''", name=op.f("ck_transfer_approach_declining_has_a_reason")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_transfer_approach_agency_id")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user.id"], name=op.f("fk_transfer_approach_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_transfer_approach_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_approach_transfer_id")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["user.id"], name=op.f("fk_transfer_approach_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_approach")),
    )
    op.create_index(
        "ix_transfer_approach_agency_id_state", "transfer_approach", ["agency_id", "state"], unique=False
    )
    op.create_index(
        "ix_transfer_approach_transfer_id_asked_at",
        "transfer_approach",
        ["transfer_id", "asked_at"],
        unique=False,
    )
    op.create_index(op.f("ix_transfer_approach_worker_id"), "transfer_approach", ["worker_id"], unique=False)
    op.create_index(
        "uq_transfer_approach_accepted",
        "transfer_approach",
        ["transfer_id"],
        unique=True,
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index(
        "uq_transfer_approach_standing",
        "transfer_approach",
        ["agency_id", "transfer_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'accepted')"),
        postgresql_where=sa.text("state IN ('asked', 'accepted')"),
    )

    op.create_table(
        "transfer_handover",
        sa.Column("transfer_id", ID, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("chronology", sa.Text(), nullable=False),
        sa.Column("works", sa.Text(), nullable=False),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("next_weeks", sa.Text(), nullable=False),
        sa.Column("attendees", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("reassess", sa.Boolean(), nullable=False),
        sa.Column("reassess_why", sa.String(length=300), nullable=False),
        sa.Column("notes_from", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", ID, nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", ID, nullable=True),
        sa.Column("review_note", sa.Text(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(handed_over_at IS NULL) = (content IS NULL)", name=op.f("ck_transfer_handover_copies_are_kept")
        ),
        sa.CheckConstraint(
            "reviewed_at IS NULL OR handed_over_at IS NOT NULL",
            name=op.f("ck_transfer_handover_review_comes_after"),
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["user.id"], name=op.f("fk_transfer_handover_changed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["user.id"], name=op.f("fk_transfer_handover_reviewed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_handover_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_handover")),
    )
    op.create_index("ix_transfer_handover_transfer_id", "transfer_handover", ["transfer_id"], unique=False)
    op.create_index(
        "uq_transfer_handover_current",
        "transfer_handover",
        ["transfer_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "transfer_step",
        sa.Column("transfer_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "requested",
                "assured",
                "approached",
                "accepted",
                "declined",
                "taken_back",
                "consented",
                "refused",
                "scheduled",
                "written",
                "handed_over",
                "reviewed",
                "effective",
                "no_service",
                "withdrawn",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("for_agency_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_transfer_step_agency_id")),
        sa.ForeignKeyConstraint(
            ["for_agency_id"], ["agency.id"], name=op.f("fk_transfer_step_for_agency_id")
        ),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_step_transfer_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_transfer_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_step")),
    )
    op.create_index("ix_transfer_step_transfer_id_at", "transfer_step", ["transfer_id", "at"], unique=False)

    op.add_column("case", sa.Column("lead_since", sa.DateTime(timezone=True), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _written_once(sqlite):
        op.execute(statement)


def downgrade():
    with op.batch_alter_table("case") as batch_op:
        batch_op.drop_column("lead_since")
    for table in ("transfer_step", "transfer_handover", "transfer_approach", "transfer"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in ("transfer_refuse", "transfer_step_let_go"):
            op.execute(f"DROP FUNCTION {function}()")


def _written_once(sqlite):
    """The history is added to; a question stays as it was asked, a form as it was handed over. All of it may go when
    the case's record is disposed of."""
    each = "" if sqlite else "FOR EACH ROW "
    if not sqlite:
        yield """CREATE FUNCTION transfer_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"""
        yield f"""CREATE FUNCTION transfer_step_let_go() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF EXISTS ({DOOR}) THEN RETURN OLD; END IF; RAISE EXCEPTION '{HISTORY}'; END $$"""

    def refuse(said):
        return (
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            if sqlite
            else f"EXECUTE FUNCTION transfer_refuse('{said}')"
        )

    yield f"CREATE TRIGGER transfer_step_no_update BEFORE UPDATE ON transfer_step {each}{refuse(HISTORY)}"
    if sqlite:
        yield (
            f"CREATE TRIGGER transfer_step_no_delete BEFORE DELETE ON transfer_step WHEN NOT EXISTS ({DOOR}) "
            + refuse(HISTORY)
        )
    else:
        yield (
            "CREATE TRIGGER transfer_step_no_delete BEFORE DELETE ON transfer_step FOR EACH ROW "
            "EXECUTE FUNCTION transfer_step_let_go()"
        )
        yield (
            "CREATE TRIGGER transfer_step_no_truncate BEFORE TRUNCATE ON transfer_step FOR EACH STATEMENT "
            + refuse(HISTORY)
        )
    asked = "what was asked stays as it was asked"
    yield (
        "CREATE TRIGGER transfer_approach_words_stay BEFORE UPDATE OF transfer_id, agency_id, words, asked_at, "
        f"asked_by_id ON transfer_approach {each}{refuse(asked)}"
    )
    over = "what was handed over stays as it was"
    yield (
        f"CREATE TRIGGER transfer_handover_stays BEFORE UPDATE OF {FORM} ON transfer_handover {each}"
        f"WHEN (OLD.handed_over_at IS NOT NULL) {refuse(over)}"
    )
