"""What a host consists of, as lines to compare: files with owner and mode, /etc to the byte, accounts, packages."""

from tests.acceptance.fleet_site import ssh

# What changes by itself, or by anybody's package manager: caches, logs, spools and what the running system writes.
FLEETING = (
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/tmp",
    "/var/tmp",
    "/var/log",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/systemd",
    "/root/.ansible",
)
# Backups that useradd and its kind make of the files that they write.
BACKUPS = "/etc/(passwd|shadow|group|gshadow|subuid|subgid)-( |$)"
QUESTIONS = (
    "find / -xdev \\( {pruned} \\) -prune -o -printf '%p %y %m %u:%g\\n'",
    "find /etc -xdev -type f -exec sha256sum {{}} +",
    "getent passwd; getent group",
    "dpkg-query --show --showformat '${{Package}} ${{db:Status-Status}}\\n'",
    "systemctl list-unit-files --no-legend --no-pager | grep -v transient",  # a transient unit is our own session
)


def listing(host: str) -> set[str]:
    pruned = " -o ".join(f"-path {path}" for path in FLEETING)
    script = "; ".join(question.format(pruned=pruned) for question in QUESTIONS)
    lines = ssh(host, f"({script}) | grep -vE '{BACKUPS}'", timeout=120).splitlines()
    return {" ".join(line.split()) for line in lines if line.strip()}
