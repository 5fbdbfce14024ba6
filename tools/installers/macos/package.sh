#!/usr/bin/env bash
# Makes a disk image out of a finished program for macOS, signed and notarised where an identity is given.
#   tools/installers/macos/package.sh "dist/Shelterlens.app" VERSION [OUT]
# IDENTITY is the name of a certificate "Developer ID Application: …" in the keychain, PROFILE what
# `xcrun notarytool store-credentials PROFILE` has kept. Without IDENTITY the program is only signed for this computer:
# on another one, the Finder opens it after a click with the right button, Open.
# UNTESTED: there was no Mac to try it on.
set -euo pipefail

app=$1 version=$2 out=${3:-dist}
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$app" .app)
image=$out/${name// /-}-$version-macos-$(uname -m).dmg

[ -d "$app/Contents/MacOS" ] || { printf '%s\n' "$app is no program: run make exe first." >&2; exit 1; }

sign() {
    if [ -n "${IDENTITY:-}" ]; then codesign --force --timestamp --options runtime --sign "$IDENTITY" "$@"
    else codesign --force --sign - "$@"
    fi
}

# From the inside to the outside, as a signature counts those within; --deep would sign in another order.
find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
    while IFS= read -r -d '' library; do sign "$library"; done
find "$app/Contents/MacOS" -type f -perm -u+x -print0 |
    while IFS= read -r -d '' program; do sign --entitlements "$here/entitlements.plist" "$program"; done
sign --entitlements "$here/entitlements.plist" "$app"
codesign --verify --deep --strict "$app"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$app" "$work/"
ln -s /Applications "$work/Applications"
hdiutil create -quiet -ov -format UDZO -volname "$name" -srcfolder "$work" "$image"

if [ -n "${IDENTITY:-}" ]; then
    sign "$image"
    if [ -n "${PROFILE:-}" ]; then
        xcrun notarytool submit "$image" --keychain-profile "$PROFILE" --wait
        xcrun stapler staple "$image"
        spctl --assess --type open --context context:primary-signature "$image"
    fi
fi
printf '%s\n' "$image"
