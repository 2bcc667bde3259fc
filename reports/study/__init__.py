"""The format of study files."""
