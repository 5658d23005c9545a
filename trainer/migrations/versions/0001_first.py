"""Lessons, devices, models and leases."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Double, LargeBinary, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "lessons",
        Column("node", Text, primary_key=True),
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("at", Double, nullable=False),
        Column("words", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("weight", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("utterance", BigInteger, nullable=False),
    )
    op.create_table(
        "devices",
        Column("node", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("details", Text, nullable=False),
    )
    op.create_table(
        "models",
        Column("node", Text, primary_key=True),
        Column("version", BigInteger, primary_key=True, autoincrement=False),
        Column("parent", BigInteger, nullable=False),
        Column("created", Double, nullable=False),
        Column("seed", BigInteger, nullable=False),
        Column("software", Text, nullable=False),
        Column("lesson_ids", Text, nullable=False),
        Column("figures", Text, nullable=False),
        Column("accepted", Boolean, nullable=False),
        Column("reasons", Text, nullable=False),
        Column("signature", LargeBinary, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("bundle", LargeBinary, nullable=False),
        Column("judged", LargeBinary, nullable=False),
        Column("devices", Text, nullable=False),
    )
    op.create_table(
        "leases",
        Column("name", Text, primary_key=True),
        Column("holder", Text, nullable=False),
        Column("until", Double, nullable=False),
    )
