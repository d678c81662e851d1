"""Security keys, questions put to them, accounts in an agency's own directory, and how an agency's staff sign in."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from caseapp.models.base import Base, Editable, Id, Moment, ShortText, has_id, ref


class SecurityKey(has_id, Base):
    """A security key or passkey (WebAuthn) as a second factor: what is kept of it makes nobody a way in."""

    __tablename__ = "security_key"

    user_id: Mapped[int] = ref("user.id")
    #: What its owner calls it: "the blue one on my key ring".
    name: Mapped[ShortText]
    #: Base 64 for addresses; at most 1023 bytes, as the standard says.
    credential: Mapped[str] = mapped_column(String(1400), unique=True)
    #: The public key (COSE), base 64 for addresses.
    public_key: Mapped[str] = mapped_column(Text)
    #: How often it says that it was used; 0 for good where it does not count. One that goes back was copied.
    counter: Mapped[int] = mapped_column(Id, default=0)
    #: How a browser reaches it ("usb nfc"), so that it asks for the right thing.
    transports: Mapped[ShortText] = mapped_column(default="")
    #: It asked who holds it (a PIN, a finger) when it was added: then it may stand for the password.
    asks_who: Mapped[bool] = mapped_column(default=False)
    #: A passkey that its maker copies to the owner's other devices.
    synced: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    #: Since when it counts no more, as its counter went back.
    set_aside_at: Mapped[Moment | None]


class Challenge(Base):
    """A question that is answered once: what a security key signs, or the state of a way through a directory."""

    __tablename__ = "challenge"

    #: SHA-256 of the question, hexadecimal.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: What the answer is for: "add", "sign in", "prove", "directory".
    purpose: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int | None] = ref("user.id")
    #: SHA-256 of the session, or of the note of who is halfway in: an answer from another browser is none.
    asked_of: Mapped[str] = mapped_column(String(64), default="")
    expires_at: Mapped[Moment]
    answered_at: Mapped[Moment | None]


class DirectoryAccount(has_id, Base):
    """An account in an agency's own directory (OpenID Connect) that signs in one of ours: issuer and subject, which
    never change, not the e-mail address, which does."""

    __tablename__ = "directory_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id"))

    user_id: Mapped[int] = ref("user.id", index=False)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    #: What the directory calls it, for people to recognise; nothing is decided by it.
    label: Mapped[str] = mapped_column(String(254), default="")
    connected_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class AgencySignIn(Editable, Base):
    """How an agency's staff sign in. Without a row: with a password, and a second step as the operator says."""

    __tablename__ = "agency_sign_in"
    __table_args__ = (
        UniqueConstraint("agency_id"),
        CheckConstraint("passwords OR directory <> ''", name="some_way_in"),
    )

    agency_id: Mapped[int] = mapped_column(Id, ForeignKey("agency.id"))
    #: Which of the operator's directories (its key), or nothing.
    directory: Mapped[str] = mapped_column(String(40), default="")
    #: Whether a password opens the door; administrators keep theirs in any case.
    passwords: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    #: Whether a second step that the directory reports is enough.
    directory_step_counts: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: From this day nobody of the agency works without a second step.
    second_step_from: Mapped[date | None]
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = ref("user.id", index=False)
