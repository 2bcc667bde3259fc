"""`python -m contract_tests.catalogue`: numbers for new cases, and docs/catalogue.md again.

Both files are committed. To be run wherever cases were added, changed or removed.
"""

import sys
from dataclasses import replace
from pathlib import Path

from contract_tests.catalogue.collection import cases
from contract_tests.catalogue.numbers import FILE, current_numbers, order
from contract_tests.catalogue.page import page

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def main() -> int:
    """Writes both files, and says what is new."""
    found = cases()
    before = current_numbers()
    after = before.brought_up_to((case.section, case.case) for case in found)
    numbered = [replace(case, number=after.of(case.section, case.case)) for case in found]
    FILE.write_text(after.text(), "utf-8")
    PAGE.write_text(page(sorted(numbered, key=lambda case: order(case.number))), "utf-8")
    new, gone = len(after.live.keys() - before.live), len(before.live.keys() - after.live)
    print(f"{len(found)} cases, of which {new} are new; {gone} retired")
    return 0


if __name__ == "__main__":
    sys.exit(main())
