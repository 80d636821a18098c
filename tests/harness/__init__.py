"""What tests stand on: a PostgreSQL of their own, a migrated template, clones of it."""
