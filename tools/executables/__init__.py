"""How the finished programs are built, checked and measured: `make exe`."""
