"""Consent and legal basis: what a person agreed to, or what the law gives instead."""
