"""Keys by which a name of several words is found through a slip in each word, however many people there are.

It fills itself from the names that stand: a thousand people at a time. How a name is folded and cut stands here as it was
when this was written, as everything that a migration needs; tests/test_name_keys_migration.py holds it to `caseapp.names`.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_A_TIME = 1000


def upgrade():
    op.create_table(
        "person_name_key",
        sa.Column(
            "letters",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "beside",
            sa.String(length=1).with_variant(sa.String(length=1, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("person_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_name_key_person_id")),
        sa.PrimaryKeyConstraint("letters", "beside", "person_id", name=op.f("pk_person_name_key")),
        sqlite_with_rowid=False,
    )
    _fill(op.get_bind())
    with op.batch_alter_table("person_name_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_name_key_person_id"), ["person_id"], unique=False)


def downgrade():
    with op.batch_alter_table("person_name_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_name_key_person_id"))

    op.drop_table("person_name_key")


def _fill(connection):
    person = sa.table("person", *map(sa.column, ("id", "given_name", "family_name", "known_as")))
    after = -(2**62)
    while people := connection.execute(
        sa.select(*person.c).where(person.c.id > after).order_by(person.c.id).limit(AT_A_TIME)
    ).all():
        _write(
            connection,
            [
                (letters, beside, number)
                for number, *names in people
                for letters, beside in sorted(keys(" ".join(names)))
            ],
        )
        after = people[-1].id


def _write(connection, rows):
    """By the driver's own way for many rows."""
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        cursor.executemany("INSERT INTO person_name_key (letters, beside, person_id) VALUES (?, ?, ?)", rows)
    else:
        with cursor.copy("COPY person_name_key (letters, beside, person_id) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    cursor.close()


LONGEST = 400
PLAIN = str.maketrans(
    {
        **dict(zip("łøđðħŧıŋĸəɓɗɛɔƙƴ", "loddhtinkebdeoky", strict=True)),
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ـ": None,
        **dict(zip("ةىیکہٱ", "هييكها", strict=True)),
    }
)
APOSTROPHES = "'’‘ʼʻ`´′＇ʹ՚"


def keys(name):
    """The keys of a name, as caseapp.names.keys gave them when this was written."""
    words = list(dict.fromkeys(folded(name)))[:10]
    return {
        (letters, other[0])
        for at, word in enumerate(words)
        for letters in _one_left_out(word[:24])
        for other in words[:at] + words[at + 1 :]
    }


def _one_left_out(word):
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))} - {""}


def folded(name):
    """The words of a name in small plain letters, as caseapp.names.fold gave them."""
    name = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name[:LONGEST])
        if unicodedata.category(letter) not in ("Mn", "Me")
    )
    name = name.casefold().translate(PLAIN)
    name = re.sub(f"\\bm[{APOSTROPHES}](?=\\w)", "mac", name)
    name = re.sub(f"[{APOSTROPHES}]", "", name)
    words, beginning = [], ""
    for word in "".join(map(_letter, name)).split():
        if word.startswith("mc"):
            word = "mac" + word[2:]
        if word in ("o", "mac"):
            beginning += word
            continue
        words.append(beginning + word)
        beginning = ""
    if beginning:
        words.append(beginning)
    return " ".join(words)[:LONGEST].split()


def _letter(letter):
    kind = unicodedata.category(letter)[0]
    if letter.isalnum() or kind in "LNM":
        return letter
    return " " if kind in "PZ" or letter.isspace() else ""
