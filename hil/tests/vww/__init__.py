"""Visual wake words: what the camera sees, and how a picture becomes the model's input."""
