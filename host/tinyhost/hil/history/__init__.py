"""The history of rig runs, in SQLite, by test and board."""
