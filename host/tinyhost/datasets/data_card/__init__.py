"""Documentation of a data set: datasheet, nutrition label, Croissant."""
