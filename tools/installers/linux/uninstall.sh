#!/bin/sh
# Removes @NAME@ of the user who runs this. Settings, models and the library stay.
set -eu

name='@NAME@' id='@ID@'
data=${XDG_DATA_HOME:-"$HOME/.local/share"}
target=$HOME/.local/opt/$name

for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/exe" 2>/dev/null)" = "$target/$name" ]; then
        printf '%s\n' "$name is running. Close it, then run this again." >&2
        exit 1
    fi
done
rm -f "$data/applications/$id.desktop" "$data/mime/packages/$id.xml" "$data"/icons/hicolor/*/apps/"$id.png"
if [ "$(readlink "$HOME/.local/bin/$id" 2>/dev/null)" = "$target/$name" ]; then rm -f "$HOME/.local/bin/$id"; fi
if command -v update-desktop-database >/dev/null 2>&1; then update-desktop-database -q "$data/applications" || true; fi
if command -v update-mime-database >/dev/null 2>&1; then update-mime-database "$data/mime" >/dev/null 2>&1 || true; fi
cd "$HOME"
rm -rf "$target"
printf '%s\n' "$name is removed. What you made with it stays in $data/Shelterlens and ${XDG_CONFIG_HOME:-"$HOME/.config"}/Shelterlens."
