"""Breaks the wall one small piece at a time: the tests must notice each break.

`python -m tests.mutation [files…]` makes every mutant of a file, runs its judges on each, and fails
where one lives that `equivalents.toml` does not explain. It is `make mutants`.
"""
