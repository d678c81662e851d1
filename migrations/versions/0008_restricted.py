"""The restricted section of a case, and disclosure without consent (X-6, S2-43)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Added to, never edited: the databases themselves refuse (X-12).
FROZEN = ("restricted_entry", "restricted_reader", "restricted_handover_entry", "disclosure_step")
SAID = "what is kept apart is added to, never changed"
#: A disclosure's words stay as they were written; that it was seen, and what is kept from the copy, moves.
WORDS = (
    *("person_id", "case_id", "agency_id", "author_id", "ground", "ground_words", "ground_note"),
    *(
        "child_protection",
        "in_section",
        "recipient_name",
        "recipient_office",
        "their_reference",
        "categories",
    ),
    *("text", "disclosed_at", "how", "told", "told_on", "not_told_reason", "decided_by", "written_at"),
    "corrects_id",
)
TABLES = (
    *("disclosure_step", "disclosure", "restricted_handover_entry", "restricted_handover"),
    *("restricted_access", "restricted_reader", "restricted_entry"),
)


def upgrade():
    op.create_table(
        "restricted_entry",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "child_protection",
                "social_work",
                "conference",
                "third_party",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("known_to", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Boolean(), nullable=False),
        sa.Column("narrow", sa.Boolean(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("why <> ''", name=op.f("ck_restricted_entry_says_why")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_restricted_entry_agency_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_restricted_entry_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_restricted_entry_case_id")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["restricted_entry.id"], name=op.f("fk_restricted_entry_corrects_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restricted_entry")),
    )
    op.create_index(
        "ix_restricted_entry_case_id_written_at", "restricted_entry", ["case_id", "written_at"], unique=False
    )
    op.create_index(
        op.f("ix_restricted_entry_corrects_id"), "restricted_entry", ["corrects_id"], unique=False
    )
    op.create_table(
        "restricted_reader",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["restricted_entry.id"], name=op.f("fk_restricted_reader_entry_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_restricted_reader_user_id")),
        sa.PrimaryKeyConstraint("entry_id", "user_id", name=op.f("pk_restricted_reader")),
    )
    op.create_table(
        "restricted_access",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", ID, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_restricted_access_has_a_reason")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_restricted_access_end_has_a_hand")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_restricted_access_agency_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_restricted_access_case_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_restricted_access_ended_by_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["user.id"], name=op.f("fk_restricted_access_given_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_restricted_access_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restricted_access")),
    )
    op.create_index(
        "ix_restricted_access_case_id_given_at", "restricted_access", ["case_id", "given_at"], unique=False
    )
    op.create_index(
        "uq_restricted_access_open",
        "restricted_access",
        ["user_id", "case_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "restricted_handover",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("from_agency_id", ID, nullable=False),
        sa.Column("to_agency_id", ID, nullable=False),
        sa.Column("social_worker", sa.String(length=200), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("agreed_how", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", ID, nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "social_worker <> '' AND agreed_how <> ''", name=op.f("ck_restricted_handover_social_work_agreed")
        ),
        sa.CheckConstraint(
            "from_agency_id <> to_agency_id", name=op.f("ck_restricted_handover_two_agencies")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_restricted_handover_case_id")),
        sa.ForeignKeyConstraint(
            ["from_agency_id"], ["agency.id"], name=op.f("fk_restricted_handover_from_agency_id")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_restricted_handover_made_by_id")),
        sa.ForeignKeyConstraint(
            ["taken_back_by_id"], ["user.id"], name=op.f("fk_restricted_handover_taken_back_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_agency_id"], ["agency.id"], name=op.f("fk_restricted_handover_to_agency_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restricted_handover")),
    )
    op.create_index(
        "ix_restricted_handover_case_id_to_agency_id",
        "restricted_handover",
        ["case_id", "to_agency_id"],
        unique=False,
    )
    op.create_table(
        "restricted_handover_entry",
        sa.Column("handover_id", ID, nullable=False),
        sa.Column("entry_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["restricted_entry.id"], name=op.f("fk_restricted_handover_entry_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["restricted_handover.id"], name=op.f("fk_restricted_handover_entry_handover_id")
        ),
        sa.PrimaryKeyConstraint("handover_id", "entry_id", name=op.f("pk_restricted_handover_entry")),
    )
    op.create_index(
        op.f("ix_restricted_handover_entry_entry_id"), "restricted_handover_entry", ["entry_id"], unique=False
    )
    op.create_table(
        "disclosure",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("manager_id", ID, nullable=True),
        sa.Column("ground", sa.String(length=60), nullable=False),
        sa.Column("ground_words", sa.String(length=300), nullable=False),
        sa.Column("ground_note", sa.Text(), nullable=False),
        sa.Column("child_protection", sa.Boolean(), nullable=False),
        sa.Column("in_section", sa.Boolean(), nullable=False),
        sa.Column("recipient_name", sa.String(length=160), nullable=False),
        sa.Column("recipient_office", sa.String(length=200), nullable=False),
        sa.Column("their_reference", sa.String(length=80), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "phone",
                "in_person",
                "portal",
                "secure_mail",
                "letter",
                "inspection",
                name="how",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "told",
            sa.Enum(
                "before", "after", "not", name="told", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("not_told_reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=160), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by_id", ID, nullable=True),
        sa.Column("withheld_until", sa.Date(), nullable=True),
        sa.Column("withheld_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "recipient_name <> '' AND recipient_office <> ''", name=op.f("ck_disclosure_recipient_is_named")
        ),
        sa.CheckConstraint(
            "told <> 'not' OR not_told_reason <> ''", name=op.f("ck_disclosure_not_told_has_a_reason")
        ),
        sa.CheckConstraint(
            "withheld_until IS NULL OR withheld_reason <> ''",
            name=op.f("ck_disclosure_withheld_has_a_reason"),
        ),
        sa.CheckConstraint(
            "(seen_at IS NULL) = (seen_by_id IS NULL)", name=op.f("ck_disclosure_seen_by_somebody")
        ),
        sa.CheckConstraint(
            "NOT in_section OR case_id IS NOT NULL", name=op.f("ck_disclosure_a_section_has_a_case")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_disclosure_agency_id")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_disclosure_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_disclosure_case_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["disclosure.id"], name=op.f("fk_disclosure_corrects_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name=op.f("fk_disclosure_manager_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_disclosure_person_id")),
        sa.ForeignKeyConstraint(["seen_by_id"], ["user.id"], name=op.f("fk_disclosure_seen_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(
        "ix_disclosure_agency_id_disclosed_at", "disclosure", ["agency_id", "disclosed_at"], unique=False
    )
    op.create_index(op.f("ix_disclosure_author_id"), "disclosure", ["author_id"], unique=False)
    op.create_index(
        "ix_disclosure_case_id_disclosed_at", "disclosure", ["case_id", "disclosed_at"], unique=False
    )
    op.create_index(op.f("ix_disclosure_corrects_id"), "disclosure", ["corrects_id"], unique=False)
    op.create_index(op.f("ix_disclosure_manager_id"), "disclosure", ["manager_id"], unique=False)
    op.create_index(
        "ix_disclosure_person_id_disclosed_at", "disclosure", ["person_id", "disclosed_at"], unique=False
    )
    op.create_table(
        "disclosure_step",
        sa.Column("disclosure_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "recorded",
                "seen",
                "withheld",
                "lifted",
                "told",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["disclosure_id"], ["disclosure.id"], name=op.f("fk_disclosure_step_disclosure_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_disclosure_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_step")),
    )
    op.create_index(
        "ix_disclosure_step_disclosure_id_at", "disclosure_step", ["disclosure_id", "at"], unique=False
    )
    keep_as_written()


def keep_as_written():
    words = ", ".join(WORDS)
    if op.get_bind().dialect.name == "sqlite":
        for table, act, of in (
            *((table, act, "") for table in FROZEN for act in ("UPDATE", "DELETE")),
            ("disclosure", "UPDATE", f" OF {words}"),
            ("disclosure", "DELETE", ""),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act}{of} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION restricted_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{SAID}'; END $$"
    )
    for table, of in (*((table, "") for table in FROZEN), ("disclosure", f" OF {words}")):
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE{of} OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION restricted_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION restricted_refuse()"
        )


def downgrade():
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION restricted_refuse()")
