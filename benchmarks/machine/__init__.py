"""The machine: cores, noise, processes, environment."""
