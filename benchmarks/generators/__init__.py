"""The engine beside other load generators (`make bench-engine`)."""
