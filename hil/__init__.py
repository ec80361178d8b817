"""What runs on a bench: rigs, the tests that every board takes, and the scenes that virtual cameras see."""
