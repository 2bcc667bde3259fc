"""A study file in, verdicts and pages out."""
