"""Typed findings: pure functions of a study."""
