# Everything that must hold before a change goes in, cheapest first: sh tests/run.sh
# A Debian machine that has Rust alone is enough. The first run there builds cargo-nextest, and installs a browser and what
# reads its pages from Debian and npm.
set -eu
cd "$(dirname "$0")/.."

step() {
    echo "==> $*"
    "$@"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# What the tests of the pages need: a Chromium and its driver, Chinese letters, a scanner's eyes, axe-core.
install_browser() {
    missing=
    for package in chromium chromium-driver fonts-noto-cjk zbar-tools npm; do
        dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    # Another npm than Debian's is as good.
    if command -v npm >/dev/null; then
        missing=$(echo "$missing" | sed 's/ npm$//')
    fi
    if [ -n "$missing" ]; then
        step as_root apt-get update -q
        # shellcheck disable=SC2086 # a word each
        step as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
    fi
    installed=tests/browser/node_modules/.package-lock.json
    if [ ! -e "$installed" ] || [ tests/browser/package-lock.json -nt "$installed" ]; then
        step npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund
    fi
}

step cargo fmt --all --check
step cargo clippy --quiet --workspace --all-targets -- -D warnings
if ! cargo nextest --version >/dev/null 2>&1; then
    # Unoptimised and without what it updates itself with: it is built sooner, and waits for the tests either way.
    step cargo install --quiet cargo-nextest --locked --debug --no-default-features --features default-no-update
fi
install_browser
step cargo nextest run --workspace --cargo-quiet
# How soon a page is ready is told, and fails nothing: it belongs to the machine.
step cat target/browser/first_loads/screen.txt target/browser/first_loads/edge.txt
step cargo test --quiet --workspace --doc
echo "==> cargo doc"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
if cargo deny --version >/dev/null 2>&1; then
    step cargo deny check licenses bans sources
fi
