"""The fictional population: who came, with whom, and what became of them. Pure, and repeatable.

Proportions are those of public figures for four programmes in Central Asia; durations and
clinical shares are assumptions. Nobody in it exists: surnames, numbers and places say so.
"""
