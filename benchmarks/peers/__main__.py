"""`make bench-peers`; see `benchmarks.peers.command`."""

from benchmarks.side_command import run

if __name__ == "__main__":
    run("benchmarks.peers.command")
