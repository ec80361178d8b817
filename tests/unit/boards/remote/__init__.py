"""The ways to boards on other machines."""
