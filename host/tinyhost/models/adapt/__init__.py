"""Foreign models made to fit a board: what is changed, and how equal the result is."""
