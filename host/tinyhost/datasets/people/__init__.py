"""The people in a data set: what they agreed to, until when, and how what is of them goes away again."""
