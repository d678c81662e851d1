"""Rights of the person: access requests, corrections, retention, legal hold and disposal (X-5, X-9, X-12)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: What an open door lets go: rows of append-only tables that hang on the case or person it was opened for.
_OF_CASE = "SELECT 1 FROM disposal_door d WHERE d.case_id = OLD.case_id"
_OF_REQUEST = (
    "SELECT 1 FROM disposal_door d JOIN subject_request r ON r.person_id = d.person_id"
    " WHERE r.id = OLD.request_id"
)
_OF_ENTRY = (
    "SELECT 1 FROM disposal_door d JOIN restricted_entry e ON e.case_id = d.case_id WHERE e.id = OLD.entry_id"
)
#: Tables of this step: (what opens them, what is said otherwise, the columns that never change; None: not one of them).
OWN = {
    "correction": (
        _OF_CASE,
        "what the person said is added to, never changed",
        "case_id, about, about_id, title, words, said_on, recorded_at, recorded_by_id, agency_id",
    ),
    "subject_step": (_OF_REQUEST, "the history of a request is append-only", None),
    "subject_item": (
        _OF_REQUEST,
        "what was gathered stays as it was",
        "request_id, held_in, held_key, section, at, title, content, not_for_id",
    ),
    "subject_pack": (_OF_REQUEST, "a pack is made once", None),
}
#: Tables of older steps, which let nothing go until now: by the function that refuses for them on PostgreSQL.
OLDER = {
    "escalation_step_refuse": (
        "the log of a gap or block is append-only",
        {
            "escalation_step": "SELECT 1 FROM disposal_door d JOIN escalation e ON e.case_id = d.case_id"
            " WHERE e.id = OLD.escalation_id"
        },
    ),
    "restricted_refuse": (
        "what is kept apart is added to, never changed",
        {
            "restricted_entry": _OF_CASE,
            "restricted_reader": _OF_ENTRY,
            "restricted_handover_entry": _OF_ENTRY,
            "disclosure": "SELECT 1 FROM disposal_door d"
            " WHERE d.person_id = OLD.person_id OR d.case_id = OLD.case_id",
            "disclosure_step": "SELECT 1 FROM disposal_door d JOIN disclosure o"
            " ON d.person_id = o.person_id OR d.case_id = o.case_id WHERE o.id = OLD.disclosure_id",
        },
    ),
}
_OF_DENIAL = "SELECT 1 FROM disposal_door d JOIN access_denial o ON o.person_id = d.person_id WHERE o.id = OLD.denial_id"
_OF_EMERGENCY = "SELECT 1 FROM disposal_door d JOIN emergency_access o ON o.case_id = d.case_id WHERE o.id = OLD.access_id"
OLDER |= {
    "access_denial_step_refuse": ("this history is append-only", {"access_denial_step": _OF_DENIAL}),
    "emergency_review_refuse": ("this history is append-only", {"emergency_review": _OF_EMERGENCY}),
}
CERTIFICATE = "a certificate of disposal is never changed"
TABLES = (
    *("correction", "subject_step", "subject_pack", "subject_item", "retention_review", "legal_hold"),
    *("disposal_door", "subject_request", "disposal", "disposal_frame"),
)


def upgrade():
    _tables()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (*_own(sqlite), *_older(sqlite, let_go=True)):
        op.execute(statement)


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _older(sqlite, let_go=False):
        op.execute(statement)
    for table in TABLES:
        op.drop_table(table)
    if not sqlite:
        for table in OWN:
            op.execute(f"DROP FUNCTION {table}_let_go()")
        op.execute("DROP FUNCTION rights_refuse()")


def _own(sqlite):
    """Triggers of this step's own tables."""
    each = "" if sqlite else "FOR EACH ROW "
    if not sqlite:
        yield """CREATE FUNCTION rights_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"""

    def refuse(said):
        return (
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            if sqlite
            else f"EXECUTE FUNCTION rights_refuse('{said}')"
        )

    for table, (open_door, said, columns) in OWN.items():
        of = f" OF {columns}" if columns else ""
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} {each}{refuse(said)}"
        if sqlite:
            yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT EXISTS ({open_door}) {refuse(said)}"
        else:
            yield f"""CREATE FUNCTION {table}_let_go() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF EXISTS ({open_door}) THEN RETURN OLD; END IF; RAISE EXCEPTION '{said}'; END $$"""
            yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_let_go()"
            yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse(said)}"
    for table, act, said in (
        ("disposal", "UPDATE", CERTIFICATE),
        ("disposal", "DELETE", CERTIFICATE),
        ("disposal_frame", "INSERT", "the frame stays empty"),
        ("disposal_door", "UPDATE", "a door is opened and shut"),
    ):
        yield f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {each}{refuse(said)}"
    if not sqlite:
        yield f"CREATE TRIGGER disposal_no_truncate BEFORE TRUNCATE ON disposal FOR EACH STATEMENT {refuse(CERTIFICATE)}"


def _older(sqlite, let_go):
    """What older tables refuse: everything, or everything but what an open door lets go. On PostgreSQL the functions
    behind their triggers are written anew, on SQLite the triggers that refuse to delete."""
    for function, (said, tables) in OLDER.items():
        if not sqlite:
            opened = " ELSIF ".join(
                f"TG_TABLE_NAME = '{table}' THEN IF EXISTS ({open_door}) THEN RETURN OLD; END IF;"
                for table, open_door in tables.items()
            )
            door = f"IF TG_OP = 'DELETE' THEN IF {opened} END IF; END IF;" if let_go else ""
            yield f"""CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {door} RAISE EXCEPTION '{said}'; END $$"""
            continue
        for table, open_door in tables.items():
            unless = f" WHEN NOT EXISTS ({open_door})" if let_go else ""
            yield f"DROP TRIGGER {table}_no_delete"
            yield f"""CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}{unless}
        BEGIN SELECT RAISE(ABORT, '{said}'); END"""


def _tables():

    op.create_table(
        "disposal_frame",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal_frame")),
    )
    op.create_table(
        "disposal",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", ID, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "rule",
            sa.Enum("care", "contact", name="rule", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("person_too", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("loosened", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_disposal_agency_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_disposal_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal")),
    )
    op.create_index("ix_disposal_agency_id_at", "disposal", ["agency_id", "at"], unique=False)
    op.create_index(op.f("ix_disposal_person_id"), "disposal", ["person_id"], unique=False)
    op.create_table(
        "subject_request",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("asked_as", sa.String(length=240), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "spoken",
                "phone",
                "letter",
                "email",
                "through",
                name="how",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("through", sa.String(length=300), nullable=False),
        sa.Column("answer_how", sa.String(length=300), nullable=False),
        sa.Column("identity_how", sa.String(length=300), nullable=False),
        sa.Column("identity_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("extended_reason", sa.String(length=300), nullable=False),
        sa.Column("extended_told_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("recorded_agency_id", ID, nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "received",
                "review",
                "made",
                "answered",
                "refused",
                "withdrawn",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("gathered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(stage IN ('received', 'review', 'made')) = (ended_at IS NULL)",
            name=op.f("ck_subject_request_ended_has_a_time"),
        ),
        sa.CheckConstraint(
            "extended_to IS NULL OR (extended_to > due_on AND extended_reason <> '' AND extended_told_on IS NOT NULL)",
            name=op.f("ck_subject_request_more_time_has_a_reason"),
        ),
        sa.CheckConstraint(
            "stage <> 'answered' OR answered_on IS NOT NULL",
            name=op.f("ck_subject_request_answered_has_a_day"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_subject_request_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_subject_request_person_id")),
        sa.ForeignKeyConstraint(
            ["recorded_agency_id"], ["agency.id"], name=op.f("fk_subject_request_recorded_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_subject_request_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_request")),
    )
    op.create_index(
        "ix_subject_request_agency_id_received_on",
        "subject_request",
        ["agency_id", "received_on"],
        unique=False,
    )
    op.create_index(
        "ix_subject_request_open",
        "subject_request",
        ["agency_id", "due_on"],
        unique=False,
        sqlite_where=sa.text("stage IN ('received', 'review', 'made')"),
        postgresql_where=sa.text("stage IN ('received', 'review', 'made')"),
    )
    op.create_index(op.f("ix_subject_request_person_id"), "subject_request", ["person_id"], unique=False)
    op.create_table(
        "disposal_door",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("disposal_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("frame_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["disposal_id"], ["disposal.id"], name=op.f("fk_disposal_door_disposal_id")),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["disposal_frame.id"],
            name=op.f("fk_disposal_door_frame_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal_door")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "claim",
                "inquiry",
                "court",
                "complaint",
                "wish",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by_id", ID, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", ID, nullable=True),
        sa.Column("lifted_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_reason = '')", name=op.f("ck_legal_hold_lifted_has_a_reason")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_legal_hold_agency_id")),
        sa.ForeignKeyConstraint(["begun_by_id"], ["user.id"], name=op.f("fk_legal_hold_begun_by_id")),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["user.id"], name=op.f("fk_legal_hold_lifted_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_agency_id"), "legal_hold", ["agency_id"], unique=False)
    op.create_index(op.f("ix_legal_hold_person_id"), "legal_hold", ["person_id"], unique=False)
    op.create_index(
        "ix_legal_hold_person_id_holds",
        "legal_hold",
        ["person_id"],
        unique=False,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "retention_review",
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "rule",
            sa.Enum("care", "contact", name="rule", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "waiting",
                "keep",
                "dispose",
                "disposed",
                "lapsed",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("dispose_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(decision = 'dispose') = (dispose_on IS NOT NULL)",
            name=op.f("ck_retention_review_disposal_has_a_day"),
        ),
        sa.CheckConstraint(
            "decision <> 'keep' OR (keep_until IS NOT NULL AND reason <> '')",
            name=op.f("ck_retention_review_keep_says_why"),
        ),
        sa.CheckConstraint(
            "decision NOT IN ('keep', 'dispose') OR decided_by_id IS NOT NULL",
            name=op.f("ck_retention_review_decided_by"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_retention_review_agency_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_retention_review_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_retention_review_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_review")),
    )
    op.create_index(op.f("ix_retention_review_person_id"), "retention_review", ["person_id"], unique=False)
    op.create_index(
        "uq_retention_review_open",
        "retention_review",
        ["agency_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("decision IN ('waiting', 'dispose')"),
        postgresql_where=sa.text("decision IN ('waiting', 'dispose')"),
    )
    op.create_table(
        "subject_item",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("held_in", sa.String(length=60), nullable=False),
        sa.Column("held_key", sa.String(length=80), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("look_why", sa.String(length=300), nullable=False),
        sa.Column("not_for_id", ID, nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "waiting",
                "given",
                "withheld",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "ground",
            sa.Enum(
                "third_party",
                "serious_harm",
                "child_protection",
                "legal_advice",
                "investigation",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(decision = 'withheld') = (ground IS NOT NULL)",
            name=op.f("ck_subject_item_withheld_has_a_ground"),
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_subject_item_decided_by_id")),
        sa.ForeignKeyConstraint(["not_for_id"], ["user.id"], name=op.f("fk_subject_item_not_for_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["subject_request.id"], name=op.f("fk_subject_item_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_item")),
        sa.UniqueConstraint(
            "request_id", "held_in", "held_key", name=op.f("uq_subject_item_request_id_held_in_held_key")
        ),
    )
    op.create_index(
        "ix_subject_item_request_id_decision", "subject_item", ["request_id", "decision"], unique=False
    )
    op.create_table(
        "subject_pack",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_subject_pack_made_by_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["subject_request.id"], name=op.f("fk_subject_pack_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_pack")),
        sa.UniqueConstraint("request_id", name=op.f("uq_subject_pack_request_id")),
    )
    op.create_table(
        "subject_step",
        sa.Column("request_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "received",
                "identity",
                "extended",
                "gathered",
                "decided",
                "made",
                "taken",
                "answered",
                "refused",
                "withdrawn",
                "noted",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["subject_request.id"], name=op.f("fk_subject_step_request_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_subject_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_step")),
    )
    op.create_index(op.f("ix_subject_step_request_id"), "subject_step", ["request_id"], unique=False)
    op.create_table(
        "correction",
        sa.Column("case_id", ID, nullable=False),
        sa.Column(
            "about",
            sa.Enum(
                "record",
                "person",
                "note",
                "need",
                "plan",
                "goal",
                "action",
                "minutes",
                name="about",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("about_id", ID, nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", ID, nullable=True),
        sa.Column("person_told_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer = '')", name=op.f("ck_correction_answer_has_a_time")
        ),
        sa.CheckConstraint(
            "about IN ('record', 'person', 'plan') OR about_id IS NOT NULL",
            name=op.f("ck_correction_names_its_item"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_correction_agency_id")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["user.id"], name=op.f("fk_correction_answered_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_correction_case_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_correction_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_case_id_about_id", "correction", ["case_id", "about_id"], unique=False)
