"""Files for a bench: rigs, the tests for every board, and scenes for virtual sensors."""
