"""What the application's own role may do on PostgreSQL: read and write, but neither change nor delete what is only added
to (X-13). Triggers refuse that too; whoever comes by the application's password cannot take the triggers away.

On SQLite there are no roles: whoever can write the file can change it, and `flask audit verify` finds it."""

from sqlalchemy import Connection, text

#: What the triggers refuse for every row: without a condition, for all columns. A change is refused by those that are
#: called <table>_no_change or <table>_no_update; a deletion by those whose function lets go of none (no RETURN in it:
#: lawful disposal has doors in some). Bits of tgtype: 1 row, 2 before, 8 delete, 16 update.
_REFUSED = text(
    "SELECT c.relname,"
    " bool_or(t.tgtype & 16 = 16 AND t.tgname IN (c.relname || '_no_change', c.relname || '_no_update')) AS change,"
    " bool_or(t.tgtype & 8 = 8 AND p.prosrc !~* '\\mreturn\\M') AS deletion"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT t.tgisinternal AND n.nspname = current_schema() AND t.tgtype & 3 = 3 AND t.tgqual IS NULL"
    " AND cardinality(t.tgattr::int2[]) = 0"
    " GROUP BY c.relname ORDER BY c.relname"
)

#: Never without these, whatever the triggers are called.
AUDIT = ("audit_checkpoint", "audit_entry", "audit_head")


def withheld(connection: Connection) -> dict[str, tuple[str, ...]]:
    """For each table what the application's role may not do there: what its triggers refuse for every row."""
    found = {
        row.relname: ("UPDATE",) * row.change + ("DELETE",) * row.deletion
        for row in connection.execute(_REFUSED)
        if row.change or row.deletion
    }
    return found | dict.fromkeys(AUDIT, ("UPDATE", "DELETE"))


def statements(connection: Connection, role: str) -> list[str]:
    """The SQL that gives `role` what the application needs and no more. For the owner of the tables, again after each
    upgrade."""
    quote = connection.dialect.identifier_preparer.quote
    name, schema = quote(role), quote(connection.scalar(text("SELECT current_schema()")))
    every = f"ALL TABLES IN SCHEMA {schema}"
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {name}",
        f"REVOKE ALL ON {every} FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {every} TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
        *(
            f"REVOKE {', '.join(acts)} ON {quote(table)} FROM {name}"
            for table, acts in withheld(connection).items()
        ),
    ]
