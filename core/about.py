"""Name and version of the program: setup.cfg, the window, the logs and the executables read them here."""

from __future__ import annotations

NAME = "Shelterlens"
VERSION = "0.1.0"
