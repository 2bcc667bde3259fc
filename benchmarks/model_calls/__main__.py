"""`make bench-model-calls`; see `benchmarks.model_calls.command`."""

from benchmarks.side_command import run

if __name__ == "__main__":
    run("benchmarks.model_calls.command")
