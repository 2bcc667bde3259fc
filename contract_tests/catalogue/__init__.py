"""The suite as a catalogue: every case with its number, what it sends, what it wants, and why."""
