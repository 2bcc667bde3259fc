"""`make bench-model`: what a call of each model costs by each engine."""
