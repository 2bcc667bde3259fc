"""The choice of cases for a run."""

from collections.abc import Iterable
from dataclasses import dataclass

from contract_tests.catalogue.errors import UnknownCases
from contract_tests.catalogue.numbers import SECTIONS


@dataclass(frozen=True)
class Choice:
    """All cases, unless some are named; sections by name such as `json_in`, or number.

    sections, cases : what a run is about. A case is named by its number, such as `4.2.17`; a
        shorter one, such as `4.2`, names all cases below it.
    without : sections that are left out, and reported as skipped.
    """

    sections: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def check(self, numbers: Iterable[str]) -> None:
        """Raise `UnknownCases` for a name that is no section and none of `numbers`."""
        known = [f"{number}." for number in numbers]
        for section in (*self.sections, *self.without):
            if section not in {*SECTIONS, *map(str, SECTIONS.values())}:
                raise UnknownCases(section, tuple(SECTIONS))
        for case in self.cases:
            if not any(number.startswith(f"{case}.") for number in known):
                raise UnknownCases(case, tuple(SECTIONS))

    def takes(self, section: str, number: str) -> bool:
        """Whether a run is about this case."""
        if not self.sections and not self.cases:
            return True
        return _named(section, self.sections) or any(
            f"{number}.".startswith(f"{case}.") for case in self.cases
        )

    def takes_of(self, section: str) -> bool:
        """Whether a run is about any case of this section."""
        if not self.sections and not self.cases:
            return True
        number = str(SECTIONS.get(section))
        return _named(section, self.sections) or any(
            case.partition(".")[0] == number for case in self.cases
        )

    def leaves_out(self, section: str) -> bool:
        """Whether the cases of this section are to be skipped."""
        return _named(section, self.without)


ALL_CASES = Choice()


def _named(section: str, names: tuple[str, ...]) -> bool:
    return section in names or str(SECTIONS.get(section)) in names
