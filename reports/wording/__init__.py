"""The English of findings."""
