"""Synthetic movements of a hand that holds the board: gestures, other movements, rest."""
