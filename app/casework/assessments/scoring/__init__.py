"""Instruments read from their sealed files, and answers made into results; pure."""
