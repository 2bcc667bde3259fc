"""The formats of a check's results."""
