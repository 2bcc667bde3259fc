"""A child process that prints something to standard error, says that it is there, and no more."""

import sys

print("still at it", file=sys.stderr, flush=True)
print("{}", flush=True)
sys.stdin.read()
