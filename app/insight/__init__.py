"""Reads across cases, changes nothing."""
