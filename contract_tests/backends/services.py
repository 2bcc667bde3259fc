"""Services inside the suite's own process."""

from contract_tests.backends.errors import NotReadyInTime
from shared.counter import MemoryCounter
from shared.service import Service
from shared.settings import Settings

_LOADING_S = 60.0


def ready_service(service: Service | None = None) -> Service:
    """Return a service whose model answers; raises `NotReadyInTime`."""
    service = service if service is not None else new_service()
    service.start_loading()
    if not service.wait_ready(_LOADING_S):
        raise NotReadyInTime(_LOADING_S)
    return service


def new_service(settings: Settings | None = None) -> Service:
    """Make a service that counts in memory and has not begun to load its model."""
    return Service(settings if settings is not None else Settings(), MemoryCounter())
