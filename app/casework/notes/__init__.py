"""Notes on a case: append-only, each in the record class of its kind and author."""
