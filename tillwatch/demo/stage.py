"""Breaks and mends what the demo has: devices, the line, and what simulated stores find."""

import asyncio
from typing import NamedTuple

from contract.status import Status
from tillwatch.demo.device import Device
from tillwatch.demo.line import Line
from tillwatch.demo.scenario import Fault, chosen
from tillwatch.demo.simulated import SimulatedStore


class Stage(NamedTuple):
    """`devices` by name; `line` between the watched store and the broker; the simulated stores."""

    devices: dict[str, Device]
    line: Line
    simulated: list[SimulatedStore]


async def cause(stage: Stage, fault: Fault) -> str:
    """Makes it happen, and says in words what happened."""
    await asyncio.sleep(fault.after)
    if fault.line:
        await stage.line.cut()
        return "the store's line is cut"
    if fault.check:
        stores = stage.simulated[: fault.stores]
        for store in stores:
            store.find_soon(fault.check, Status.CRITICAL, fault.text)
        return f"{len(stores)} more stores find {fault.check}: {fault.text}"
    return await _break_devices(stage, fault)


async def mend(stage: Stage) -> None:
    """Everything as it was when it was new."""
    for device in stage.devices.values():
        await device.mend()
    await stage.line.join()
    for store in stage.simulated:
        store.recover()


async def _break_devices(stage: Stage, fault: Fault) -> str:
    names = chosen(list(stage.devices), fault.devices)
    for name in names:
        device = stage.devices[name]
        device.says |= fault.says
        if fault.become:
            await device.become(fault.become)
    said = ", ".join(f"{key} {value}" for key, value in fault.says.items())
    many = ", ".join(names) if len(names) < 4 else f"{', '.join(names[:2])} and {len(names) - 2} more"
    return f"{many}: {' and '.join(filter(None, [fault.become, said]))}"
