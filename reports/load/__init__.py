"""The format of a load run's result."""
