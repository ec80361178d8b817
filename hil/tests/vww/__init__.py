"""Visual wake words: the camera's pictures, and how they become the model's input."""
