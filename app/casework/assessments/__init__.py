"""Assessments: answers to an instrument, scored by the server, signed, amended, never deleted."""
