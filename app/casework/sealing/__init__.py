"""Sealing: a case that is closed to everybody, by two people; and the order that opens it."""
