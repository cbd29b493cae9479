"""Certificates of staff: who is certified to use which tool or instrument, until when."""
