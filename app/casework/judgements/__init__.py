"""Structured professional judgements of risk: dated, by a certified assessor, without a number."""
