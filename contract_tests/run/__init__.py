"""A run of the suite, and the gate before load."""
