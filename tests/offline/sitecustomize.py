"""Python imports this at every start, of child processes too, when its folder is on PYTHONPATH: nothing gets out.

Whatever would leave this computer is refused, and written into the file that SHELTERLENS_ATTEMPTS names.
"""

from __future__ import annotations

import os
import sys
import traceback
from ipaddress import ip_address
from pathlib import Path
from typing import Any

ATTEMPTS = os.environ.get("SHELTERLENS_ATTEMPTS", "")
# What programs are started for, whose whole purpose is to ask others.
CARRIERS = {"curl", "wget", "ssh", "scp", "nc", "ftp", "pip", "pip3"}
LOCAL_NAMES = {"", "localhost", "localhost.localdomain"}


def is_local(host: object) -> bool:
    """Whether this is this computer: no name of another one, no address of another one, not all addresses."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or str(host).lower() in LOCAL_NAMES:
        return True
    try:
        return ip_address(str(host).strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def target_of(event: str, given: tuple[Any, ...]) -> str | None:
    """Where this leads, None where it stays here."""
    import socket

    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        made, address = given[0], given[-1]
        is_internet = made.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple)
        host = address[0] if is_internet else None
        if event == "socket.bind" and host == "":
            host = "0.0.0.0"  # all addresses: others could ask this computer
        return None if not is_internet or is_local(host) else str(address)
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        return None if is_local(given[0]) else str(given[0])
    if event in ("http.client.connect", "ftplib.connect", "smtplib.connect"):
        return None if is_local(given[1]) else str(given[1])
    if event == "urllib.Request":
        return (
            None if str(given[0]).startswith(("file:", "data:", "http://localhost", "http://127.")) else str(given[0])
        )
    if event == "webbrowser.open":
        return None if str(given[0]).startswith(("file:", "http://localhost", "http://127.")) else str(given[0])
    if event == "subprocess.Popen":
        return str(given[0]) if Path(os.fsdecode(given[0] or "")).name in CARRIERS else None
    return None


def refuse(event: str, given: tuple[Any, ...]) -> None:
    """The hook: hears of every event that Python tells auditors of."""
    if not event.startswith(("socket.", "http.", "ftplib.", "smtplib.", "urllib.", "webbrowser.", "subprocess.")):
        return
    target = target_of(event, given)
    if target is None:
        return
    with open(ATTEMPTS, "a", encoding="utf-8") as file:  # noqa: PTH123
        where = "".join(traceback.format_stack(limit=12)[:-1])
        file.write(f"{event} {target} in {os.getpid()} {sys.argv[:4]}\n{where}\n")
    raise PermissionError(f"{event} {target}: nothing may leave this computer")


if ATTEMPTS:
    sys.addaudithook(refuse)
    with open(f"{ATTEMPTS}.watched", "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(f"{os.getpid()}\n")
