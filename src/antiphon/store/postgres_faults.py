"""The one place where PostgreSQL's errors, and those of the way to it, become ours. Counterpart: `sqlite_faults.py`."""

import asyncpg

from antiphon.errors import ConfigFault, StoreFault

# What a statement may fail with: the server's refusals, the driver's, and the network's.
# The driver's own confusion among them, when the server ends a connection while a statement is on its way.
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
# Another writer was quicker or waited for the same rows; the same works succeed when they are tried again.
PASSING = (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

SENTENCES: dict[type[Exception], str] = {
    asyncpg.DiskFullError: "The disk of the PostgreSQL server is full; nothing was saved. Free some space.",
    asyncpg.ReadOnlySQLTransactionError: "The PostgreSQL server is read-only (a standby?); nothing was saved.",
    asyncpg.TooManyConnectionsError: "The PostgreSQL server has no connection left; raise its max_connections.",
    asyncpg.InvalidCatalogNameError: "The PostgreSQL server has no such database: {error}. Create it first.",
    asyncpg.InvalidAuthorizationSpecificationError: "The PostgreSQL server refuses this user: {error}.",
    asyncpg.InsufficientPrivilegeError: "The PostgreSQL user may not do this: {error}.",
    asyncpg.QueryCanceledError: "The PostgreSQL server gave the statement up: {error}.",
    asyncpg.OperatorInterventionError: "The PostgreSQL server is shutting down or starting: {error}.",
    TimeoutError: "The PostgreSQL server doesn't answer.",
    asyncpg.PostgresConnectionError: "The connection to the PostgreSQL server was lost.",
    asyncpg.PostgresError: "The PostgreSQL server failed: {error}.",
    OSError: "The PostgreSQL server can't be reached: {error}.",
    asyncpg.InterfaceError: "The connection to the PostgreSQL server was lost: {error}.",
    asyncpg.InternalClientError: "The connection to the PostgreSQL server was lost: {error}.",
}


def store_fault(error: Exception) -> StoreFault:
    """What a failed statement means to the one who asked for it."""
    return StoreFault(_sentence(error))


def config_fault(error: Exception, where: str) -> ConfigFault:
    """Why the database can't be used at all."""
    return ConfigFault(f"The database {where} can't be opened. {_sentence(error)}")


def _sentence(error: Exception) -> str:
    """The first sentence that fits; the table goes from the particular to the general."""
    for kind, sentence in SENTENCES.items():
        if isinstance(error, kind):
            return sentence.format(error=error)
    return f"The PostgreSQL server failed: {error}."
