"""The cases of the suite, one file a section."""
