"""The registry's schema, step by step; `database.migrate` runs what is missing."""
