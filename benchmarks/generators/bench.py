"""`make bench-engine`; see `benchmarks.generators.command`."""

from benchmarks.side_command import run

if __name__ == "__main__":
    run("benchmarks.generators.command")
