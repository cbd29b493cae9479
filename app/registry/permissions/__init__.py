"""Permissions: what the caller may do, on a case or in general, and what the rest lacks."""
