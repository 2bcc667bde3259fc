"""Entry of `make bench-model`."""

from benchmarks.side_command import run

if __name__ == "__main__":
    run("benchmarks.model_speed.command")
