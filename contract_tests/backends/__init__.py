"""Backends: what a case is sent to, in process, launched or at a URL."""
