"""Whether a request's content is said to be JSON in UTF-8, uncoded (RFC 9110 section 8.3)."""
