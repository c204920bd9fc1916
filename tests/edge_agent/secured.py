"""A real mosquitto as the broker role sets it up: mutual TLS, the certificate's name is the user, an ACL per agent."""

import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from contract.broker import Broker
from tests.edge_agent.authority import Authority
from tests.edge_agent.peers import free_port, until
from tillwatch.cmdb import acl

SETTINGS = """
listener {port} 127.0.0.1
cafile {ca}
certfile {cert}
keyfile {key}
crlfile {crl}
require_certificate true
use_identity_as_username true
use_username_as_clientid {names_are_ids}
allow_anonymous false
acl_file {acl}
max_queued_messages 0
max_inflight_messages 1000
set_tcp_nodelay true
persistence false
user root
log_type all
log_dest stderr
"""


class SecuredBroker:
    """`agents` and the collector have certificates of `authority`; `acl` is the file; `reload` has it read again."""

    def __init__(
        self,
        folder: Path,
        agents: Iterable[str] = ("0042-server", "0043-server"),
        *,
        server: tuple[int, str] = (30, "IP:127.0.0.1"),
        names_are_ids: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(folder / "ca")
        self.port, self.agents = free_port(), list(agents)
        self.url = f"mqtts://127.0.0.1:{self.port}"
        self.acl, self.log = folder / "acl", folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        days, address = server
        cert, key = self.authority.issue("broker", days=days, address=address)
        for name in [*self.agents, acl.COLLECTOR]:
            self.authority.issue(name)
        self.allow(self.agents)
        self._config.write_text(
            SETTINGS.format(
                port=self.port,
                ca=self.authority.ca,
                cert=cert,
                key=key,
                crl=self.authority.crl,
                acl=self.acl,
                names_are_ids=str(names_are_ids).lower(),
            )
        )

    def allow(self, agents: Iterable[str]) -> None:
        self.acl.write_text(acl.of(agents))

    def credential(self, name: str) -> Broker:
        """The settings of whoever has the certificate of `name`."""
        folder = self.authority.folder
        files = {"ca": self.authority.ca, "cert": folder / f"{name}.pem", "key": folder / f"{name}.key"}
        return Broker(self.url, **{field: str(path) for field, path in files.items()})

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(["mosquitto", "-c", str(self._config)], stdout=log, stderr=log)
        until(lambda: "running" in self.said())

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def reload(self) -> None:
        """Has it read ACL and CRL again, and waits until it has."""
        assert self._process is not None
        before = self.said().count("Reloading config")
        self._process.send_signal(signal.SIGHUP)
        until(lambda: self.said().count("Reloading config") > before)
        time.sleep(0.05)  # it says so before it does so

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
