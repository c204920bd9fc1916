"""Where the UPS-MIB (RFC 1628) and three makers' own MIBs keep the same facts of a UPS, and what their numbers mean.

Cards speak one or several of them, and leave out parts of each: a Smart-UPS behind an NMC3 has neither the UPS-MIB nor
the basic battery status of its own MIB, and gives the charge only in tenths.
"""

from typing import Literal, NamedTuple

# Worst first: what several dialects say of the same UPS may differ for a while.
Output = Literal["fault", "off", "overload", "battery", "bypass", "mains", "unknown"]
Battery = Literal["fault", "empty", "low", "good", "unknown"]


class Scaled(NamedTuple):
    """A number: what was read times `factor` is in the unit of the fact, unless it came as a time."""

    oid: str
    factor: float = 1


class Dialect(NamedTuple):
    """The device says 1 for the first of `outputs` and `batteries`. `charge` and `load` in %, the times in seconds."""

    name: str
    output: str
    outputs: tuple[Output, ...]
    battery: str
    batteries: tuple[Battery, ...]
    charge: tuple[Scaled, ...]
    runtime: Scaled
    on_battery: Scaled
    load: tuple[Scaled, ...]
    replace: str = ""  # 2 where the maker's own judgement is that the battery is worn
    complaints: str = ""  # how many conditions the device itself reports

    @property
    def oids(self) -> list[str]:
        scaled = [*self.charge, self.runtime, self.on_battery, *self.load]
        named = [self.output, self.battery, *(one.oid for one in scaled), self.replace, self.complaints]
        return [oid for oid in named if oid]


_RFC = "1.3.6.1.2.1.33.1"
_APC = "1.3.6.1.4.1.318.1.1.1"
_CYBERPOWER = "1.3.6.1.4.1.3808.1.1.1"
_EATON = "1.3.6.1.4.1.534.1"

DIALECTS = (
    Dialect(
        name="UPS-MIB",
        output=f"{_RFC}.4.1.0",
        # other, none, normal, bypass, battery, booster, reducer: the last two correct a bad mains voltage
        outputs=("unknown", "off", "mains", "bypass", "battery", "mains", "mains"),
        battery=f"{_RFC}.2.1.0",
        batteries=("unknown", "good", "low", "empty"),
        charge=(Scaled(f"{_RFC}.2.4.0"),),
        runtime=Scaled(f"{_RFC}.2.3.0", 60),
        on_battery=Scaled(f"{_RFC}.2.2.0"),
        load=(Scaled(f"{_RFC}.4.4.1.5.1"),),
        complaints=f"{_RFC}.6.1.0",
    ),
    Dialect(
        name="APC",
        output=f"{_APC}.4.1.1.0",
        outputs=(
            "unknown",
            "mains",  # onLine
            "battery",  # onBattery
            "mains",  # onSmartBoost
            "off",  # timedSleeping
            "bypass",  # softwareBypass
            "off",
            "off",  # rebooting
            "bypass",  # switchedBypass
            "fault",  # hardwareFailureBypass
            "off",  # sleepingUntilPowerReturn
            "mains",  # onSmartTrim
            "mains",  # ecoMode
            "mains",  # hotStandby
            "mains",  # onBatteryTest
            "bypass",  # emergencyStaticBypass
            "bypass",  # staticBypassStandby
            "mains",  # powerSavingMode
            "mains",  # spotMode
            "mains",  # eConversion
            "mains",  # chargerSpotmode
            "mains",  # inverterSpotmode
            "mains",  # activeLoad
            "mains",  # batteryDischargeSpotmode
            "mains",  # inverterStandby
            "unknown",  # chargerOnly
            "unknown",  # distributedEnergyReserve
            "mains",  # selfTest
        ),
        battery=f"{_APC}.2.1.1.0",
        batteries=("unknown", "good", "low", "fault", "fault"),
        charge=(Scaled(f"{_APC}.2.3.1.0", 0.1), Scaled(f"{_APC}.2.2.1.0")),
        runtime=Scaled(f"{_APC}.2.2.3.0"),
        on_battery=Scaled(f"{_APC}.2.1.2.0"),
        load=(Scaled(f"{_APC}.4.3.3.0", 0.1), Scaled(f"{_APC}.4.2.3.0")),
        replace=f"{_APC}.2.2.4.0",
    ),
    Dialect(
        name="CyberPower",
        output=f"{_CYBERPOWER}.4.1.1.0",
        outputs=("unknown", "mains", "battery", "mains", "off", "off", "off", "mains", "bypass", "mains", "overload"),
        battery=f"{_CYBERPOWER}.2.1.1.0",
        batteries=("unknown", "good", "low", "fault"),
        charge=(Scaled(f"{_CYBERPOWER}.2.2.1.0"),),
        runtime=Scaled(f"{_CYBERPOWER}.2.2.4.0"),
        on_battery=Scaled(f"{_CYBERPOWER}.2.1.2.0"),
        load=(Scaled(f"{_CYBERPOWER}.4.2.3.0"),),
        replace=f"{_CYBERPOWER}.2.2.5.0",
    ),
    Dialect(
        name="Eaton",
        output=f"{_EATON}.4.5.0",
        outputs=("unknown", "off", "mains", "bypass", "battery", "mains", "mains", "mains", "mains", "mains", "bypass"),
        battery=f"{_EATON}.2.5.0",
        # how the charger is doing; 2 (discharging) is also said during a test, so it says nothing by itself
        batteries=("good", "good", "good", "good", "unknown", "fault", "good", "fault"),
        charge=(Scaled(f"{_EATON}.2.4.0"),),
        runtime=Scaled(f"{_EATON}.2.1.0"),
        on_battery=Scaled(""),
        load=(Scaled(f"{_EATON}.4.1.0"),),
        complaints=f"{_EATON}.7.1.0",
    ),
)
OIDS = tuple(oid for dialect in DIALECTS for oid in dialect.oids)
