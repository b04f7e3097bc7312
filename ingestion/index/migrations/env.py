"""How does Alembic reach the registry? Over the connection that `database.migrate` hands it, in its transaction."""

from alembic import context

from ingestion.index.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
