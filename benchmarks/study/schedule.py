"""The schedule of a study: as many rounds in each block as fit into its time."""

from dataclasses import dataclass

# What the last round, the servers' end and the report may take after the time for rounds is over.
RESERVE_S = 9.0


@dataclass
class Schedule:
    """Times are those of one monotonic clock, in seconds; without `ends_at_s` nothing is short.

    `overhead_s` (a block's time beyond its rounds) and `pass_s` (one round of each operation and
    shape) are the latest measured.
    """

    ends_at_s: float | None
    overhead_s: float = 0.0
    pass_s: float = 0.0

    @classmethod
    def starting(cls, now_s: float, budget_s: float | None) -> "Schedule":
        """Return the schedule of a study that begins now and may take `budget_s` in all."""
        return cls(None if budget_s is None else now_s + budget_s - RESERVE_S)

    def rounds(self, now_s: float, blocks_left: int, most: int) -> int:
        """Return the number of rounds of each operation and shape in a block, 1 to `most`.

        Asked after the first pass of the first of `blocks_left` blocks, so that what is left is
        shared out evenly: its further passes, and the other blocks whole.
        """
        if self.ends_at_s is None or self.pass_s <= 0:
            return most
        left_s = self.ends_at_s - now_s - (blocks_left - 1) * self.overhead_s
        return max(1, min(most, int((left_s + self.pass_s) / (blocks_left * self.pass_s))))

    def left_s(self, passes_left: int, blocks_after: int, rounds: int) -> float:
        """Return the seconds that the rest of this block and the blocks after it will take."""
        return passes_left * self.pass_s + blocks_after * (self.overhead_s + rounds * self.pass_s)
