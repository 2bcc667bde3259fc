"""The errors of `contract_tests`; each is one sentence that says what to do.

ContractTestsError
├── http/errors.py       BadField: what is given for a backend cannot be used
│   ├── ExchangeError: one exchange went wrong, so the test fails
│   │   └── BrokenAnswer, ClosedEarly, Silent > CutShort
│   └── NoLongerAnswers, NotAsked: a case is not run on a silent backend
├── backends/errors.py   ConnectionFailed, Unreachable, NotReadyInTime, NotOpened
├── catalogue/errors.py  UnknownCases, UnknownSection, UnknownSentence
├── run/errors.py        NothingSelected, SuiteBroken
├── suite/crowd.py       CrowdStopped
└── fuzz/errors.py       BackendLost

`run.errors.SuiteInterrupted` is a `KeyboardInterrupt` that holds the results so far.
"""


class ContractTestsError(Exception):
    """Base of the errors of this package."""
