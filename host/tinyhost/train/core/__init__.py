"""The common core of all tasks' trainings."""
