"""Conflicts of interest: kin and neighbours whose files somebody must not see."""
