"""PostgreSQL's errors as sentences."""

import asyncpg
import pytest

from antiphon.errors import ConfigFault, StoreFault
from antiphon.store.postgres_faults import ERRORS, PASSING, SENTENCES, config_fault, store_fault


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (asyncpg.DiskFullError("no space"), "is full"),
        (asyncpg.ReadOnlySQLTransactionError("no"), "read-only"),
        (asyncpg.TooManyConnectionsError("53300"), "max_connections"),
        (asyncpg.InvalidCatalogNameError('database "x" does not exist'), 'no such database: database "x"'),
        (asyncpg.InvalidPasswordError("for user x"), "refuses this user"),
        (asyncpg.CannotConnectNowError("starting up"), "shutting down or starting"),
        (asyncpg.AdminShutdownError("bye"), "shutting down or starting"),
        (asyncpg.QueryCanceledError("timeout"), "gave the statement up"),
        (TimeoutError(), "doesn't answer"),
        (ConnectionRefusedError(111, "Connection refused"), "can't be reached"),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle"), "was lost"),
        (asyncpg.InterfaceError("connection is closed"), "was lost"),
        (asyncpg.InternalClientError("cannot switch to state 12"), "was lost"),
        (asyncpg.PostgresSyntaxError("near x"), "failed: near x"),
    ],
)
def test_what_went_wrong_is_said(error: Exception, words: str) -> None:
    assert isinstance(error, ERRORS)
    fault = store_fault(error)
    assert isinstance(fault, StoreFault)
    assert words in fault.message
    refused = config_fault(error, "postgresql://here")
    assert isinstance(refused, ConfigFault)
    assert "postgresql://here" in refused.message
    assert words in refused.message


def test_the_particular_comes_before_the_general() -> None:
    kinds = list(SENTENCES)
    for place, kind in enumerate(kinds):
        assert not any(issubclass(later, kind) for later in kinds[place + 1 :])


def test_what_passes_is_an_error_of_the_server() -> None:
    assert all(issubclass(kind, asyncpg.PostgresError) for kind in PASSING)
