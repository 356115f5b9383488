"""Run by alembic: migrate over the connection that the store passes in, in that connection's transaction."""

from alembic import context

from sizing_app.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata,
                  render_as_batch=True)
context.run_migrations()
