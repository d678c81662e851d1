"""How Alembic runs here. Started only by caseapp/migrate.py, which opens and commits the transaction."""

from alembic import context
from sqlalchemy import BigInteger, TypeDecorator

import caseapp.models  # noqa: F401 - so that the metadata is complete when a migration is drafted
from caseapp.extensions import Base


def render_item(kind, thing, _autogen):
    """Write our own column types into a migration as the plain types behind them: migrations never import models."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    if kind == "type" and isinstance(thing, BigInteger) and "sqlite" in thing._variant_mapping:
        return "ID"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render_item,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
