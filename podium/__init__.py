"""The command: wires the five packages together and holds nothing else."""
