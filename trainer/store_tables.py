"""The tables of the store, as the newest migration leaves them; a test compares the two.

What has parts (words, actions, figures, ...) is JSON in a text column: no query ever looks inside.
Left out: foreign keys, because a model outlives the lessons it was made of.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

LESSONS = Table(
    "lessons",
    METADATA,
    Column("node", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("words", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("weight", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("utterance", BigInteger, nullable=False),
)
DEVICES = Table(
    "devices",
    METADATA,
    Column("node", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("details", Text, nullable=False),
)
SETTINGS = Table(
    "settings",
    METADATA,
    Column("node", Text, primary_key=True),
    Column("details", Text, nullable=False),
)
MODELS = Table(
    "models",
    METADATA,
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
LEASES = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Double, nullable=False),
)
