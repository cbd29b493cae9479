"""Notices: what somebody on the staff must be told, without a word of content."""
