"""How does Alembic reach the registry? Over the connection that `migrate` hands it, in its transaction."""

from alembic import context
from sqlalchemy import Connection, text

from ingestion.index.schema import VERSION_TABLE, metadata


def order_text_by_code_point(connection: Connection) -> None:
    """PostgreSQL orders text as the database's language does; SQLite, and every list that is shown, by code point."""
    columns = connection.execute(
        text(
            "SELECT attrelid::regclass, quote_ident(attname), format_type(atttypid, atttypmod) FROM pg_attribute "
            "JOIN pg_class ON pg_class.oid = attrelid JOIN pg_collation ON pg_collation.oid = attcollation "
            "WHERE relname = ANY(:tables) AND relkind = 'r' AND pg_table_is_visible(attrelid) AND collname = 'default'"
        ),
        {"tables": list(metadata.tables)},
    )
    for table, column, kind in columns.all():
        connection.execute(text(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} COLLATE "C"'))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
if connection.dialect.name == "postgresql":
    order_text_by_code_point(connection)
