#!/usr/bin/env bash
# Makes what people download out of a finished program: an archive with an installer, and an AppImage where
# appimagetool is installed.
#   tools/installers/linux/package.sh FINISHED_PROGRAM VERSION [OUT]
# FINISHED_PROGRAM is the folder that make exe made, such as "dist/Shelterlens"; OUT is dist unless it is given.
set -euo pipefail

program=$(realpath "$1") version=$2 out=$(realpath "${3:-dist}")
here=$(dirname "$(realpath "$0")")
root=$(realpath "$here/../../..")
name=$(basename "$program")
id=${name,,} id=${id// /-}
whole=${name// /-}-$version-linux-$(uname -m)

[ -x "$program/$name" ] || { printf '%s\n' "$program/$name is no program: run make exe first." >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A program asks for the C library of the computer that it was made on, or a newer one.
glibc=$(getconf GNU_LIBC_VERSION)

filled() { sed -e "s|@NAME@|$name|g" -e "s|@ID@|$id|g" -e "s|@GLIBC@|$glibc|g" "$1"; }

# The archive: the program, and what adds it to the desktop.
folder=$work/$whole
mkdir -p "$folder/icons"
cp -a "$program" "$folder/$name"
for script in install.sh uninstall.sh; do
    filled "$here/$script" >"$folder/$script"
    chmod 755 "$folder/$script"
done
filled "$here/shelterlens.desktop" >"$folder/$id.desktop"
cp "$here/shelterlens-mime.xml" "$root/LICENSE" "$folder/"
filled "$here/README.txt" >"$folder/README.txt"
for size in 16 32 48 64 128 256; do
    cp "$root/resources/icons/shelterlens-$size.png" "$folder/icons/$id-$size.png"
done
tar --create --file="$work/$whole.tar" --directory="$work" --owner=0 --group=0 --numeric-owner --sort=name "$whole"
gzip -6 --no-name "$work/$whole.tar"
mv "$work/$whole.tar.gz" "$out/$whole.tar.gz"
printf '%s\n' "$out/$whole.tar.gz"

# The AppImage: one file that runs without being installed.
if command -v appimagetool >/dev/null; then
    app=$work/AppDir
    mkdir -p "$app/usr/lib"
    cp -a "$program" "$app/usr/lib/$name"
    ln -s "usr/lib/$name/$name" "$app/AppRun"
    sed -e "s|@EXEC@|AppRun|" -e '/^TryExec=/d' "$folder/$id.desktop" >"$app/$id.desktop"
    cp "$root/resources/icons/shelterlens-256.png" "$app/$id.png"
    ln -s "$id.png" "$app/.DirIcon"
    ARCH=$(uname -m) appimagetool "$app" "$out/$whole.AppImage"
    printf '%s\n' "$out/$whole.AppImage"
else
    printf '%s\n' "No AppImage: appimagetool is not installed." >&2
fi
