"""Absence cover and delegation: what one colleague may do in the place of another, for a while."""
