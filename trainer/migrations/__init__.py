"""How the tables of the store came to be what they are: one file a version, run by Alembic when a store is opened.

A released version never changes. Left out: ways back, because a newer version may hold what an older one cannot.
"""

VERSION_TABLE = "safu_trainer_version"
"""A name of our own, so that the database may be shared with others that use Alembic."""
