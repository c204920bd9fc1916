"""What `tillwatch up` runs: the collector with its console, and one agent, beside a broker that is up already."""

from collector.app import Collector
from collector.auth import ExposedError
from collector.database import DatabaseError, TooNew
from collector.http.serving import Serving
from edge_agent.app import Agent
from edge_agent.log import LogInUse
from tillwatch import together
from tillwatch.broker import Broker
from tillwatch.failure import CommandFailed
from tillwatch.signals import stop_event
from tillwatch.up_config import Up


async def run(up: Up, broker: Broker) -> int:
    """Until SIGINT or SIGTERM. Raises CommandFailed for what the person who started it can change."""
    try:
        return await _run(up, broker)
    except (DatabaseError, TooNew, ExposedError, LogInUse) as error:
        raise CommandFailed(str(error), 2) from error


async def _run(up: Up, broker: Broker) -> int:
    agent = up.agent(broker.url)
    with stop_event() as stop:
        async with together.running(
            Collector(up.collector(broker.url), Serving()), [Agent(agent).run], stop
        ) as failure:
            print(f"console   http://{up.document.listen}")
            print(f"broker    {broker.url} ({broker.program}: {broker.note})")
            print(f"state     {up.state}")
            print(f"watching  {len(agent.checks)} checks as {up.document.agent} of store {up.document.store}")
            print("Ctrl-C ends it; what it knows stays.", flush=True)
            await together.until(stop, failure)
    print("ended")
    return 0
