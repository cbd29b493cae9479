"""The peer: django-ninja on the same tables, as its documentation would have it."""
