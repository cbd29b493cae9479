"""Disclosures: what leaves the wall, on what ground, by whose word, to whom, and until when."""
