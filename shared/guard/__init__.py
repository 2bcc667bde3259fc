"""The guard: API keys and rate limits."""
