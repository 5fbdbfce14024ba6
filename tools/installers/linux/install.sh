#!/bin/sh
# Installs @NAME@ for the user who runs this, without administrator's rights:
#   sh install.sh
# Program in ~/.local/opt, entry in the menu of the desktop, command @ID@ in ~/.local/bin. Run it again to update.
# Photographs, settings, models and the library are not touched.
set -eu
cd "$(dirname "$0")"

name='@NAME@' id='@ID@'
data=${XDG_DATA_HOME:-"$HOME/.local/share"}
target=$HOME/.local/opt/$name
entry=$data/applications/$id.desktop
pictures='image/jpeg image/png image/webp image/heif image/heic image/avif image/tiff image/bmp image/gif'

say() { printf '%s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

# The text as one argument of an Exec line (Desktop Entry Specification, "The Exec key"): quoted, then escaped as a string.
as_argument() {
    printf '"%s"' "$(printf '%s' "$1" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')"
}

# GLib looks for the program before it reads %% as %: then env finds it.
as_command() {
    case $1 in *%*) printf 'env ' ;; esac
    as_argument "$1"
}

as_string() { printf '%s' "$1" | sed -e 's/\\/\\\\/g'; }

# The text as the right side of a substitution of sed.
as_replacement() { printf '%s' "$1" | sed -e 's/[\\&|]/\\&/g'; }

check_not_running() {
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe" 2>/dev/null)" = "$target/$name" ]; then
            say "$name is running. Close it, then run this again." >&2
            exit 1
        fi
    done
}

copy_program() {
    mkdir -p "$HOME/.local/opt" "$HOME/.local/bin"
    rm -rf "$target.new" "$target.old"
    cp -a "$name" "$target.new"
    cp uninstall.sh "$target.new/uninstall.sh"
    if [ -e "$target" ]; then mv "$target" "$target.old"; fi
    mv "$target.new" "$target"
    rm -rf "$target.old"
    ln -sfn "$target/$name" "$HOME/.local/bin/$id"
}

# Being able to open folders and pictures must not make this the program that opens them all.
defaults() {
    if has xdg-mime; then
        for kind in inode/directory $pictures; do
            was=$(xdg-mime query default "$kind" 2>/dev/null) || was=
            if [ -n "$was" ] && [ "$was" != "$id.desktop" ]; then printf '%s %s\n' "$kind" "$was"; fi
        done
    fi
}

restore() {
    while read -r kind was; do
        if [ "$(xdg-mime query default "$kind" 2>/dev/null)" != "$was" ]; then xdg-mime default "$was" "$kind"; fi
    done
}

add_to_menu() {
    mkdir -p "$data/applications" "$data/mime/packages"
    sed -e "s|@EXEC@|$(as_replacement "$(as_command "$target/$name")")|" \
        -e "s|@PROGRAM@|$(as_replacement "$(as_string "$target/$name")")|" "$id.desktop" >"$entry.new"
    mv "$entry.new" "$entry"
    for icon in icons/*.png; do
        size=${icon##*-} size=${size%.png}
        mkdir -p "$data/icons/hicolor/${size}x$size/apps"
        cp "$icon" "$data/icons/hicolor/${size}x$size/apps/$id.png"
    done
    cp shelterlens-mime.xml "$data/mime/packages/$id.xml"
    # Desktops see new entries sooner with these; without them at the next login.
    if has update-desktop-database; then update-desktop-database -q "$data/applications" || true; fi
    if has update-mime-database; then update-mime-database "$data/mime" >/dev/null 2>&1 || true; fi
    if has gtk-update-icon-cache; then gtk-update-icon-cache -q -t -f "$data/icons/hicolor" 2>/dev/null || true; fi
}

check_not_running
before=$(defaults)
copy_program
add_to_menu
if [ -n "$before" ]; then printf '%s\n' "$before" | restore; fi
say "$name is installed. It is in the menu of the desktop; in a terminal: $HOME/.local/bin/$id"
say "To remove it: sh '$target/uninstall.sh'"
