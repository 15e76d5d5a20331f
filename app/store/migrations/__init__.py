"""The history of the schema; Alembic loads its revisions by path."""
