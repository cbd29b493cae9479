"""Every cell of the access matrix: who asks what of which case, and what they must meet."""
