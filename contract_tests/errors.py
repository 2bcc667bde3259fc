"""What can go wrong in `contract_tests`; each error is one sentence that says what to do."""


class ContractTestsError(Exception):
    """Base of the errors of this package."""
