"""Instruments and assessments as FHIR R4 (4.0.1) has them; pure.

Nothing here names a person: the subject is the id of a case. Nor is it told how answers are scored.
"""
