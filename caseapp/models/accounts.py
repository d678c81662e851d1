"""Staff accounts, the sessions that each request checks, and single-use links."""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Line, Moment, ShortText, has_id, only, ref, word
from caseapp.vocabulary import DigestChoice, LinkKind, Role


class Roles(TypeDecorator):
    """A set of roles, stored as one integer so that signing in reads one row."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value)

    def process_result_value(self, value, dialect):
        return None if value is None else Role(value)


class User(Editable, Base):
    """A member of staff of one agency. Key worker and case manager are assignments on a case, never columns here."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("roles > 0", name="has_a_role"),
        CheckConstraint("roles = 32 OR roles % 64 < 32", name="system_admin_is_only_that"),
        Index("ix_user_agency_id_name", "agency_id", "name"),
    )

    agency_id: Mapped[int] = ref("agency.id", index=False)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    roles: Mapped[Role] = mapped_column(Roles)
    #: Profession or qualification, for the skills mix (S0-11).
    profession: Mapped[ShortText] = mapped_column(default="")
    phone: Mapped[ShortText] = mapped_column(default="")
    hours: Mapped[ShortText] = mapped_column(default="")
    line_manager_id: Mapped[int | None] = ref("user.id")
    #: Percent of a full week that this person works on cases; 100 is a full week (S0-23).
    capacity: Mapped[int] = mapped_column(default=100)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_changed_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    disabled_at: Mapped[Moment | None]
    disabled_reason: Mapped[Line] = mapped_column(default="")
    #: Nobody can sign in with a locked account until an administrator opens it again: it lay unused for too long.
    locked_at: Mapped[Moment | None]
    locked_reason: Mapped[Line] = mapped_column(default="", server_default=text("''"))
    last_signed_in_at: Mapped[Moment | None]
    #: When this person last said "I have seen these" on the home page.
    looked_at: Mapped[Moment | None]
    digest: Mapped[DigestChoice] = word(DigestChoice, name="digest", default=DigestChoice.DAILY)
    #: Read many records at once (services.reading_pace): records open again only for a password given after the first
    #: moment, and not at all before the second.
    reading_proof_after: Mapped[Moment | None]
    reading_held_until: Mapped[Moment | None]
    #: Came with a demo world: a live system refuses to start while such an account exists.
    demo: Mapped[bool] = mapped_column(default=False)


class UserArea(Base):
    """The areas that a coordinator serves (CFG-14, D1)."""

    __tablename__ = "user_area"

    user_id: Mapped[int] = mapped_column(Id, ForeignKey("user.id"), primary_key=True)
    area_id: Mapped[int] = mapped_column(Id, ForeignKey("area.id"), primary_key=True, index=True)


class UserSession(Base):
    """One sign-in. Ended rows stay, so that a slow request cannot bring a session back."""

    __tablename__ = "user_session"

    #: SHA-256 of the token in the cookie, hexadecimal: a stolen database opens nothing.
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = ref("user.id")
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    ended_reason: Mapped[ShortText] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")
    #: When whoever sits here last showed that they are the owner (a password, a code): at sign-in, or later again.
    proved_at: Mapped[Moment | None]
    #: The second factor that opened it: "" (none), "app", "key", "recovery code", or "directory" where that saw to it.
    factor: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    #: The directory through which its owner came, by its key; nothing for a password.
    via: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))


class OneTimeLink(Base):
    """An invitation or a password reset: random, stored as a hash, used once."""

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = ref("user.id")
    kind: Mapped[LinkKind] = word(LinkKind, name="kind")
    created_at: Mapped[Moment]
    created_by_id: Mapped[int | None] = ref("user.id", index=False)
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class Authenticator(has_id, Base):
    """An app that shows codes (TOTP), as a second factor. One that nobody has confirmed yet guards nothing."""

    __tablename__ = "authenticator"
    __table_args__ = (UniqueConstraint("user_id"),)

    user_id: Mapped[int] = ref("user.id", index=False)
    #: The shared secret, encrypted under SECRET_KEY (services.second_factor): a stolen database makes no codes.
    sealed: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[Moment]
    confirmed_at: Mapped[Moment | None]
    #: The time step of the last code that was taken: each code counts once.
    last_step: Mapped[int | None] = mapped_column(Id)


class RecoveryCode(has_id, Base):
    """One of ten codes for the day on which the telephone is gone; stored as a hash, used once."""

    __tablename__ = "recovery_code"

    user_id: Mapped[int] = ref("user.id")
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[Moment | None]


class Attempt(has_id, Base):
    """A try at a secret that has not been followed by the right one: what makes the next one wait. All workers count
    in this table, and a restart forgets nothing."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_key_at", "key", "at"),)

    #: What was tried, from where or at whom, as a hash: the table tells nobody who signs in.
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[Moment]


class EmailChange(has_id, Base):
    """Another e-mail address for an account that is in use: it counts once a second person has agreed
    (docs/decisions/0016)."""

    __tablename__ = "email_change"
    __table_args__ = (
        CheckConstraint("(decided_at IS NULL) = (outcome = '')", name="decided_has_outcome"),
        Index(
            "uq_email_change_open",
            "user_id",
            unique=True,
            **only("decided_at IS NULL"),
        ),
    )

    user_id: Mapped[int] = ref("user.id")
    new_email: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[Moment]
    asked_by_id: Mapped[int] = ref("user.id", index=False)
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = ref("user.id", index=False)
    #: "taken", "refused" or "withdrawn"; nothing while it waits.
    outcome: Mapped[str] = mapped_column(String(12), default="")
