"""Many studies over time: each stack's speed beside that of the bridges."""
