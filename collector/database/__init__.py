"""The database: the only package that imports SQLAlchemy. Its modules hold all queries; nobody else spells SQL."""

from sqlalchemy import Connection

from collector.database.leases import PartsLost, SteppedDown
from collector.database.migration import TooNew, standing, upgrade
from collector.database.opening import Database, DatabaseError, opened, sqlite_path

__all__ = [
    "Connection",
    "Database",
    "DatabaseError",
    "PartsLost",
    "SteppedDown",
    "TooNew",
    "opened",
    "sqlite_path",
    "standing",
    "upgrade",
]
