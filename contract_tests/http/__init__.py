"""The suite's HTTP client: it sends exact bytes, reads strictly, and keeps what was exchanged."""
