"""The version of this build, as pyproject.toml has it."""

VERSION = "0.1.0"
