"""Words spoken by espeak-ng's voices, in rooms and noise."""
