#!/bin/sh
# The kiosk's browser: one window, nothing kept. It begins anew whenever it ends, in a folder of its own that is gone with it.
#   jifen-kiosk.sh [ADDRESS]        default http://127.0.0.1:8080/
# JIFEN_BROWSER names another Chromium; JIFEN_KIOSK_PAUSE is how many seconds there are between two of them.
set -u

address=${1:-http://127.0.0.1:8080/}
pause=${JIFEN_KIOSK_PAUSE:-2}
browser=${JIFEN_BROWSER:-}
if [ -z "$browser" ]; then
    browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
        echo "jifen-kiosk: no Chromium is installed" >&2
        exit 1
    }
fi
# In memory, and only its owner's: what a browser writes about customers never reaches a disk.
: "${XDG_RUNTIME_DIR:?jifen-kiosk: XDG_RUNTIME_DIR is not set: begin it in a session}"

home=
running=
end() {
    trap - EXIT HUP INT TERM
    [ -n "$running" ] && kill "$running" 2>/dev/null && wait "$running"
    [ -n "$home" ] && rm -rf "$home"
    exit 0
}
trap end EXIT HUP INT TERM

while :; do
    home=$(mktemp -d "$XDG_RUNTIME_DIR/jifen-kiosk.XXXXXX") || exit 1
    "$browser" \
        --kiosk \
        --incognito \
        --user-data-dir="$home" \
        --disk-cache-dir="$home/cache" \
        --disk-cache-size=1 \
        --media-cache-size=1 \
        --noerrdialogs \
        --no-first-run \
        --no-default-browser-check \
        --disable-session-crashed-bubble \
        --disable-infobars \
        --disable-save-password-bubble \
        --password-store=basic \
        --disable-features=Translate,AutofillServerCommunication,MediaRouter,OptimizationHints,PasswordManagerOnboarding,InterestFeedContentSuggestions \
        --disable-pinch \
        --overscroll-history-navigation=0 \
        --disable-sync \
        --disable-extensions \
        --disable-background-networking \
        --disable-component-update \
        --disable-domain-reliability \
        --disable-breakpad \
        --disable-dev-tools \
        --no-pings \
        --kiosk-printing \
        --lang=zh-CN \
        "$address" &
    running=$!
    wait "$running"
    running=
    rm -rf "$home"
    home=
    # Waited for in the background, so that the end of the session is not.
    sleep "$pause" &
    wait $!
done
