"""A small certificate authority, made with openssl as an installation would, in a folder of the test's own."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
_CA_SETTINGS = """
[ca]
default_ca = ours
[ours]
database = {folder}/index.txt
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
unique_subject = no
copy_extensions = copy
policy = anybody
[anybody]
commonName = supplied
"""


class Authority:
    """`ca` is what clients and broker trust, `crl` what it has revoked."""

    def __init__(self, folder: Path, name: str = "tillwatch test CA") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.ca, self.crl = folder, folder / "ca.pem", folder / "crl.pem"
        self._key, self._settings = folder / "ca.key", folder / "ca.cnf"
        _openssl(
            *("req", "-x509", *_KEY, "-days", "30", "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.ca),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )
        self._settings.write_text(_CA_SETTINGS.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "crlnumber").write_text("01\n")
        (folder / "serial").write_text("01\n")
        self.publish_crl()

    def issue(self, name: str, file: str = "", *, days: int = 30, address: str = "") -> tuple[Path, Path]:
        """(certificate, key) of `name`; `days` below 0: it has expired. `address` as in `IP:127.0.0.1`: a server's."""
        cert, key, request = (self.folder / f"{file or name}.{end}" for end in ("pem", "key", "csr"))
        names = ["-addext", f"subjectAltName={address}"] if address else []
        _openssl("req", *_KEY, "-subj", f"/CN={name}", *names, "-keyout", key, "-out", request)
        now = datetime.now(UTC)
        begin, end = now - timedelta(days=60), now + timedelta(days=days)
        period = ["-startdate", f"{begin:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}"]
        _openssl("ca", "-batch", "-notext", "-config", self._settings, *period, "-in", request, "-out", cert)
        return cert, key

    def revoke(self, cert: Path) -> None:
        _openssl("ca", "-config", self._settings, "-revoke", cert)
        self.publish_crl()

    def publish_crl(self, seconds: int = 86_400) -> None:
        """A list that is good for so long: with an expired one OpenSSL accepts nobody."""
        _openssl("ca", "-config", self._settings, "-gencrl", "-crlsec", seconds, "-out", self.crl)


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
