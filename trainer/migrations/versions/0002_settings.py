"""What a device says of how it decides."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make a table; devices fill it when they are met again."""
    op.create_table("settings", Column("node", Text, primary_key=True), Column("details", Text, nullable=False))
