"""What Alembic runs to migrate: on the connection of whoever asked, inside their transaction."""

from __future__ import annotations

from alembic import context

from trainer.migrations import VERSION_TABLE

if __name__ == "env_py":  # so Alembic calls this file; imported by anybody else, it does nothing
    context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
    with context.begin_transaction():
        context.run_migrations()
