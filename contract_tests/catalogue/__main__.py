"""`make catalogue`: number new cases in numbers.toml, which is committed.

To be run wherever cases were added, changed or removed.
"""

import sys

from contract_tests.catalogue.collection import cases
from contract_tests.catalogue.numbers import FILE, current_numbers


def main() -> int:
    """Write the file, and print how many cases are new."""
    found = cases()
    before = current_numbers()
    after = before.updated_for((case.section, case.case) for case in found)
    FILE.write_text(after.text(), "utf-8")
    new, gone = len(after.live.keys() - before.live), len(before.live.keys() - after.live)
    print(f"{len(found)} cases, of which {new} are new; {gone} retired")
    return 0


if __name__ == "__main__":
    sys.exit(main())
