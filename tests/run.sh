# Everything that must hold before a change goes in, cheapest first: sh tests/run.sh
# A machine that has Rust alone is enough. The first run there builds cargo-nextest.
set -eu
cd "$(dirname "$0")/.."

step() {
    echo "==> $*"
    "$@"
}

step cargo fmt --all --check
step cargo clippy --quiet --workspace --all-targets -- -D warnings
if ! cargo nextest --version >/dev/null 2>&1; then
    step cargo install --quiet cargo-nextest --locked
fi
step cargo nextest run --workspace --cargo-quiet
step cargo test --quiet --workspace --doc
echo "==> cargo doc"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
if cargo deny --version >/dev/null 2>&1; then
    step cargo deny check licenses bans sources
fi
