"""What the trainings of all tasks share."""
