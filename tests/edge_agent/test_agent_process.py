"""The whole agent as a process, with a real broker, a real device and a collector that may be deaf or dead."""

import random
import time
from itertools import pairwise
from pathlib import Path

from contract.records import Transition
from contract.reports import Bulk, Cmd, Hello, Live
from contract.status import Status
from tests.edge_agent.collecting import CollectorForTests
from tests.edge_agent.peers import Broker, Device, until
from tests.edge_agent.running import AgentProcess, agent_yaml

AGENT = "0042-server"


def states(collector: CollectorForTests) -> list[Status]:
    return [record.after for record in collector.all_records() if isinstance(record, Transition)]


def configured(folder: Path, broker: Broker, device: Device) -> Path:
    return agent_yaml(folder, broker.url, [f'ci: pos-01, probe: tcp, target: "127.0.0.1:{device.port}"'])


def test_a_device_that_goes_and_comes_back_is_told_at_once_and_pulses_carry_the_latest_results(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    with CollectorForTests(broker.port) as collector, AgentProcess(configured(tmp_path, broker, device)) as agent:
        until(lambda: states(collector) == [Status.OK])
        device.down()
        until(lambda: states(collector) == [Status.OK, Status.CRITICAL])
        until(lambda: [one.status for one in collector.results.values()] == [Status.CRITICAL])
        assert collector.results["pos-01/tcp"].text == "refused"
        device.up()
        until(lambda: states(collector) == [Status.OK, Status.CRITICAL, Status.OK])
        until(lambda: collector.lives[-1].pending == 0 and collector.lives[-1].offset is not None)
        assert agent.stop() == 0
        until(lambda: collector.byes)
    assert [bye.why for bye in collector.byes] == ["stop"]
    assert isinstance(collector.order[0], Hello)
    before_the_connection = {1}  # when the agent was quicker with its first measurement than with its line
    assert {record.seq for bulk in collector.bulks for record in bulk.records} <= before_the_connection


def test_killed_at_any_moment_nothing_that_was_committed_is_lost_and_numbers_have_no_hole(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    chance = random.Random(4)
    with CollectorForTests(broker.port) as collector, AgentProcess(configured(tmp_path, broker, device)) as agent:
        until(lambda: collector.hellos)  # one life at least: on a busy machine every kill may come before a start
        for life in range(8):
            collector.acks = life % 3 != 1
            (device.down if life % 2 else device.up)()
            time.sleep(chance.uniform(0.2, 1.2))
            agent.kill()
            agent.restart()
        collector.acks = True
        device.down()
        until(lambda: states(collector)[-1:] == [Status.CRITICAL])
        until(lambda: collector.lives[-1].pending == 0)
        assert agent.stop() == 0
    spans = {span.epoch: span for hello in collector.hellos for span in hello.epochs}
    for epoch, span in spans.items():
        assert sorted(collector.records[epoch]) == list(range(1, len(collector.records[epoch]) + 1))
        assert span.last <= len(collector.records[epoch])
    ordered = [
        record for span in collector.hellos[-1].epochs for _, record in sorted(collector.records[span.epoch].items())
    ]
    for earlier, later in pairwise(record for record in ordered if isinstance(record, Transition)):
        assert later.before is earlier.after
        assert later.was_seq == earlier.seq
    assert collector.hellos[-1].epochs[-1].previous is not None


def test_while_the_broker_is_dead_the_log_keeps_everything_and_afterwards_it_comes_as_bulk_in_order(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    with CollectorForTests(broker.port) as collector, AgentProcess(configured(tmp_path, broker, device)):
        until(lambda: states(collector) == [Status.OK])
        until(lambda: collector.lives[-1].pending == 0)
        broker.kill()
        device.down()
        time.sleep(1.0)
        device.up()
        time.sleep(0.5)
        broker.start()
        until(lambda: states(collector) == [Status.OK, Status.CRITICAL, Status.OK], within=40)
    assert [record.seq for record in collector.bulks[-1].records] == [2, 3]
    after_restart = collector.order[collector.order.index(collector.hellos[-1]) :]
    assert isinstance(after_restart[0], Hello)
    assert [record for report in after_restart if isinstance(report, Live) for record in report.records] == []


def test_what_a_deaf_collector_did_not_acknowledge_is_sent_again_on_the_same_connection(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    with CollectorForTests(broker.port, acks=False) as collector:
        with AgentProcess(configured(tmp_path, broker, device)):
            until(lambda: collector.results)
            device.down()
            until(lambda: any(live.records for live in collector.lives))
            assert states(collector) == []
            collector.acks = True
            until(lambda: states(collector) == [Status.OK, Status.CRITICAL], within=40)
            until(lambda: collector.lives[-1].pending == 0)
        assert len({hello.epochs[-1].epoch for hello in collector.hellos}) == 1


def test_a_collector_can_ask_for_a_hello_and_for_ranges_and_garbage_harms_nothing(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    with CollectorForTests(broker.port) as collector, AgentProcess(configured(tmp_path, broker, device)):
        until(lambda: collector.lives and collector.lives[-1].pending == 0 and states(collector))
        collector.say_garbage(AGENT)
        hellos = len(collector.hellos)
        collector.command(AGENT, Cmd(kind="hello", within=0.1))
        until(lambda: len(collector.hellos) > hellos)
        epoch = collector.hellos[-1].epochs[-1].epoch
        collector.command(AGENT, Cmd(kind="ranges", epoch=epoch, ranges=[(1, 1)]))
        until(lambda: collector.bulks)
        assert [record.seq for record in collector.bulks[0].records] == [1]


def test_an_agent_that_dies_leaves_a_will_of_its_epoch(tmp_path: Path, broker: Broker, device: Device) -> None:
    with CollectorForTests(broker.port) as collector:
        with AgentProcess(configured(tmp_path, broker, device)) as agent:
            until(lambda: collector.hellos)
            agent.kill()
        until(lambda: collector.byes)
        assert (collector.byes[0].why, collector.byes[0].epoch) == ("will", collector.hellos[0].epochs[-1].epoch)


def test_a_damaged_log_is_set_aside_and_the_agent_goes_on_with_what_can_be_read(
    tmp_path: Path, broker: Broker, device: Device
) -> None:
    with CollectorForTests(broker.port, acks=False) as collector:
        with AgentProcess(configured(tmp_path, broker, device)) as agent:
            until(lambda: collector.results)
            device.down()
            until(lambda: any(live.records for live in collector.lives))
            assert agent.stop() == 0
        log = tmp_path / "agent.db"
        log.write_bytes(log.read_bytes().replace(b'"after":0', b'"after":1'))
        collector.acks = True
        with AgentProcess(configured(tmp_path, broker, device)):
            until(lambda: collector.records and collector.lives[-1].pending == 0, within=40)
    assert list(tmp_path.glob("agent.db.corrupt-*"))
    assert collector.hellos[-1].epochs[-1].previous == collector.hellos[0].epochs[-1].epoch
    assert any(isinstance(report, Bulk) for report in collector.order)
    assert collector.lives[-1].dropped == 1
