"""What is wrong with a data set: its samples one by one, copies among them, and how they are divided."""
