"""What PostgreSQL is asked for, so that a collector that is paused does not hold up its successor."""

import time
import uuid

import pytest

from collector.database import Database, DatabaseError, opened
from tests.collector import postgresql


def test_a_writer_that_falls_asleep_in_a_transaction_loses_it_and_is_told(postgresql_url: str) -> None:
    """After ten seconds; here sooner. Whoever waits for the rows that it locked then has them."""
    database = opened(postgresql.create_database(postgresql_url, f"t{uuid.uuid4().hex}"))
    with database.writing() as connection:
        setting = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one()
    assert setting == "10s"
    with pytest.raises(DatabaseError):
        fall_asleep(database)
    with database.writing() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    database.close()


def fall_asleep(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        time.sleep(0.5)
        connection.exec_driver_sql("SELECT 1")


def test_a_reader_may_take_its_time(postgresql_url: str) -> None:
    database = opened(postgresql.create_database(postgresql_url, f"t{uuid.uuid4().hex}"))
    with database.reading() as connection:
        setting = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one()
    assert setting == "0"
    database.close()
