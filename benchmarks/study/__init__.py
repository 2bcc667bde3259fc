"""Studies: plan, pilots, blocks, rounds, slices."""
