"""Readings that are told of: out of team, of one's own surname, in bulk, after hours."""
