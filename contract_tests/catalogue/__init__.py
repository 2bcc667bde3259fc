"""The catalogue of the suite: every case with its number, what it sends, what it wants, and why."""
