"""A centre as it is deployed: broker, and a collector with TLS, people and a help desk; watched by Prometheus and an
Alertmanager that run from the files we ship, with shorter intervals and the test's addresses.
"""

import json
import shutil
import ssl
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from collector.auth import digest
from tests.acceptance.stack import Stack
from tillwatch.ports import free_port

NOC = Path(__file__).parents[2] / "noc"
TOKEN = "tw_noc-acceptance"


class Centre(Stack):
    """The processes of Stack without its agent, and `prometheus` and `alertmanager` beside them."""

    def __init__(self, folder: Path, cmdb: dict[str, Any], webhook: str, pace: float) -> None:
        super().__init__(folder, cmdb, {}, pace)
        self.url = f"https://127.0.0.1:{self.http_port}"
        self.prometheus_url = f"http://127.0.0.1:{free_port()}"
        self.alertmanager_url = f"http://127.0.0.1:{free_port()}"
        certificate(folder)
        self._trust = ssl.create_default_context(cafile=str(folder / "http.pem"))
        self._collector()
        self._alertmanager(webhook)
        self._prometheus()
        del self.commands["agent"]
        self.commands["alertmanager"] = [
            "prometheus-alertmanager",
            f"--config.file={folder}/alertmanager.yml",
            f"--storage.path={folder}/alertmanager",
            f"--web.listen-address={_address(self.alertmanager_url)}",
            "--cluster.listen-address=",
        ]
        self.commands["prometheus"] = [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/prometheus",
            f"--web.listen-address={_address(self.prometheus_url)}",
        ]

    def text(self, path: str) -> bytes:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20, context=self._trust) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body

    def get(self, path: str, **query: str) -> Any:
        return json.loads(self.text(f"{path}?{urllib.parse.urlencode(query)}"))

    def prometheus(self, path: str, **query: str) -> Any:
        """The `data` of an answer of Prometheus's API; HTTPError for a query that it does not take."""
        question = urllib.parse.urlencode(query)
        with urllib.request.urlopen(f"{self.prometheus_url}{path}?{question}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def value(self, expression: str) -> float:
        """The first sample of an instant query. LookupError when there is none."""
        return float(self.prometheus("/api/v1/query", query=expression)["result"][0]["value"][1])

    def _collector(self) -> None:
        config = yaml.safe_load((self.folder / "collector.yaml").read_text())
        users = [{"name": "prometheus", "role": "view", "token_sha256": digest(TOKEN)}]
        self._write("users.yaml", {"users": users})
        config["http"] |= {
            "tls": {"cert": str(self.folder / "http.pem"), "key": str(self.folder / "http.key")},
            "users_file": str(self.folder / "users.yaml"),
        }
        # In shadow mode nothing leaves, and the queue of the desk is the same.
        config["help_desk"] = [
            {"name": "desk", "kind": "webhook", "url": "https://desk.example/hook", "token_file": "none"}
        ]
        self._write("collector.yaml", config)

    def _prometheus(self) -> None:
        shutil.copytree(NOC / "prometheus" / "rules", self.folder / "rules")
        for path in (self.folder / "rules").glob("*.yml"):
            path.write_text(yaml.safe_dump(hurried(yaml.safe_load(path.read_text()))))
        config = yaml.safe_load((NOC / "prometheus" / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "5s", "scrape_timeout": "5s", "evaluation_interval": "2s"}
        config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [_address(self.alertmanager_url)]}]
        # What docs/noc.md says of a collector with TLS and people.
        way_in = {
            "authorization": {"type": "Bearer", "credentials": TOKEN},
            "tls_config": {"ca_file": str(self.folder / "http.pem")},
        }
        product, checks, itself = config["scrape_configs"]
        product |= {"scheme": "https", "static_configs": [{"targets": [_address(self.url)]}]} | way_in
        [discovery] = checks["http_sd_configs"]
        discovery |= {"url": f"{self.url}/sd", "refresh_interval": "5s"} | way_in
        checks |= {"scrape_interval": "10s", "scrape_timeout": "10s"} | way_in
        itself["static_configs"] = [{"targets": [_address(self.prometheus_url)]}]
        self._write("prometheus.yml", config)

    def _alertmanager(self, webhook: str) -> None:
        config = yaml.safe_load((NOC / "alertmanager" / "alertmanager.yml").read_text())
        for receiver in config["receivers"]:
            receiver["webhook_configs"][0]["url"] = f"{webhook}/{receiver['name']}"
        for route in (config["route"], *config["route"]["routes"]):
            route |= {"group_wait": "0s", "group_interval": "1s"}
        config["route"]["routes"][0]["repeat_interval"] = "2s"
        self._write("alertmanager.yml", config)


def hurried(rules: dict[str, Any]) -> dict[str, Any]:
    """The same rules for a day of minutes: groups every 5 s, patience 5 s. What they ask is left as it is."""
    for group in rules["groups"]:
        if "interval" in group:
            group["interval"] = "5s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "5s"
    return rules


def certificate(folder: Path) -> None:
    """http.pem and http.key for 127.0.0.1, good for 90 days."""
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "90"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", str(folder / "http.key"), "-out", str(folder / "http.pem")]
    subprocess.run([*made, *subject, *files], check=True, capture_output=True)


def _address(url: str) -> str:
    return url.partition("://")[2]
