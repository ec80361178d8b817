"""The history of rig runs: kept in SQLite, looked at test by test and board by board."""
