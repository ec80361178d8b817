"""Made-up movements of a hand that holds the board: gestures, other movements, none."""
