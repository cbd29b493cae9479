"""Proceedings and their docket: which body hears what, and who acts there with which mandate."""
