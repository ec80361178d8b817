"""Tests with the same body on every board; the fixtures are tinyhost.hil.plugin's."""
