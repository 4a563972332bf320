"""Metrics as pure functions: verdicts in, numbers out; 0/0 is ``None``, which is not zero."""
