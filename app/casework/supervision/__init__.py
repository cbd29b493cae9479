"""Supervision: conditions that a court set, and the probation officer who sees to them."""
