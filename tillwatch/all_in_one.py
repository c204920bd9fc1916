"""What `tillwatch up` runs: the collector with its console, and one agent, beside a broker that is up already."""

from collector.app import Collector
from collector.http.serving import Serving
from edge_agent.app import Agent
from tillwatch import together
from tillwatch.broker import Broker
from tillwatch.signals import stop_event
from tillwatch.up_config import Up


async def run(up: Up, broker: Broker) -> int:
    """Until SIGINT or SIGTERM."""
    agent = up.agent(broker.url)
    with stop_event() as stop:
        async with together.running(Collector(up.collector(broker.url), Serving()), [Agent(agent).run]) as failure:
            print(f"console   http://{up.document.listen}")
            print(f"broker    {broker.url} ({broker.program}: {broker.note})")
            print(f"state     {up.state}")
            print(f"watching  {len(agent.checks)} checks as {up.document.agent} of store {up.document.store}")
            print("Ctrl-C ends it; what it knows stays.", flush=True)
            await together.until(stop, failure)
    print("ended")
    return 0
