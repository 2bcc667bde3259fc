"""`make bench-conformity`; see `benchmarks.conformity.command`."""

from benchmarks.side_command import run

if __name__ == "__main__":
    run("benchmarks.conformity.command")
