"""Exit codes of all commands."""

ALL_WELL = 0
NEEDS_A_PERSON = 1
"""Done, and something is held, in conflict or refused; or a check did not pass."""
UNUSABLE = 2
"""The configuration, or a system that the command needs, cannot be used: nothing was changed."""
