#!/bin/sh
# The Debian package: builds both programs, writes the man pages and completions with them, and packs.
# Needs cargo-deb (cargo install cargo-deb). The package lies in target/debian afterwards.
#   sh kiosk/packaging/deb.sh [PROFILE]          default release
set -eu
cd "$(dirname "$0")/../.."
profile=${1:-release}
case $profile in dev) folder=debug ;; *) folder=$profile ;; esac

cargo build --profile "$profile" -p jifen-kiosk -p jifen-verify
made=target/package
mkdir -p "$made"
jifen=target/$folder/jifen
"$jifen" --lang en man >"$made/jifen.1"
"$jifen" --lang zh man >"$made/jifen.zh.1"
for shell in bash zsh fish; do
    "$jifen" --lang zh completions "$shell" >"$made/jifen.$shell"
done
exec cargo deb --no-build --profile "$profile" -p jifen-kiosk
