//! The pages as people meet them: in Chromium, driven over `WebDriver`, against the program as it is served (kiosk-ui §2).
//!
//! They need Debian's chromium, chromium-driver, fonts-noto-cjk and zbar-tools, and axe-core under `tests/browser`;
//! `tests/run.sh` installs them. Where one is missing the tests fail, and say so. Pictures of every step are in
//! `target/browser/<test>/<step>.png`. A page is added to the table in `sights.rs`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on ends; clippy knows functions marked as tests, not what they call"
)]

#[path = "../program/caller.rs"]
#[expect(dead_code, reason = "the tests of the program use the rest")]
mod caller;
#[path = "../program/store.rs"]
#[expect(dead_code, reason = "the tests of the program use the rest")]
mod store;
#[path = "../program/shown_fields.rs"]
mod shown_fields;
#[path = "../program/till.rs"]
#[expect(dead_code, reason = "the tests of the program use the rest")]
mod till;
#[path = "../program/wire.rs"]
#[expect(dead_code, reason = "the tests of the program use the rest")]
mod wire;

mod driver;
mod browser;
mod look;
mod axe;
mod touch;
mod finger;
mod traces;
mod sights;
mod walk;

mod join;
mod member;
mod names;
mod faultless;
mod sizes;
mod gone;
mod crash;
mod idle;
mod first_loads;
mod no_script;
