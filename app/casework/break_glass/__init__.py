"""Break-glass: content that a role does not have, for an hour, for life and safety."""
