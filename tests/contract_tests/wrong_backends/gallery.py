"""All wrong backends, and the right ones that they are made of."""

from contract_tests.backends.opening import Source
from tests.contract_tests.wrong_backends.wrong_backend import app_source, asked_only, server_source
from tests.contract_tests.wrong_backends.wrong_counters import COUNTERS_WRONG
from tests.contract_tests.wrong_backends.wrong_crowds import CROWDS_WRONG
from tests.contract_tests.wrong_backends.wrong_defects import DEFECTS_WRONG, planted_source
from tests.contract_tests.wrong_backends.wrong_drains import DRAINS_WRONG, drain_source
from tests.contract_tests.wrong_backends.wrong_elsewhere import ELSEWHERE_WRONG
from tests.contract_tests.wrong_backends.wrong_fields import FIELDS_WRONG
from tests.contract_tests.wrong_backends.wrong_framing import FRAMING_WRONG
from tests.contract_tests.wrong_backends.wrong_guards import GUARDS_WRONG
from tests.contract_tests.wrong_backends.wrong_http import HTTP_WRONG
from tests.contract_tests.wrong_backends.wrong_json import JSON_WRONG
from tests.contract_tests.wrong_backends.wrong_json_out import JSON_OUT_WRONG
from tests.contract_tests.wrong_backends.wrong_models import MODELS_WRONG
from tests.contract_tests.wrong_backends.wrong_operations import OPERATIONS_WRONG
from tests.contract_tests.wrong_backends.wrong_paths import PATHS_WRONG
from tests.contract_tests.wrong_backends.wrong_problems import PROBLEMS_WRONG
from tests.contract_tests.wrong_backends.wrong_servers import SERVERS_WRONG
from tests.contract_tests.wrong_backends.wrong_workers import WORKERS_WRONG, workers_source

WRONG = (
    *OPERATIONS_WRONG,
    *MODELS_WRONG,
    *COUNTERS_WRONG,
    *GUARDS_WRONG,
    *JSON_WRONG,
    *JSON_OUT_WRONG,
    *PROBLEMS_WRONG,
    *PATHS_WRONG,
    *HTTP_WRONG,
    *SERVERS_WRONG,
    *FRAMING_WRONG,
    *FIELDS_WRONG,
    *DRAINS_WRONG,
    *WORKERS_WRONG,
    *CROWDS_WRONG,
    *DEFECTS_WRONG,
    *ELSEWHERE_WRONG,
)

# Between them they can be asked all that a case may need.
RIGHT = (
    app_source("right-app"),
    server_source("right-server"),
    asked_only("drain.refuses drain.answers drain.exit", drain_source("right-drain")),
    asked_only("counter.worker-replaced", workers_source("right-workers")),
    asked_only(
        "problem.500 problem.500-logged problem.500-next-served", planted_source("right-defect")
    ),
)


def made_of(wrong: Source) -> Source:
    """The right one that a wrong one is made of: it can be asked the same."""
    return next(right for right in RIGHT if right.offers == wrong.offers)
