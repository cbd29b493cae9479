"""Erasing a person: decided by two people, and done once for all."""
