//! Pictures of pages, and what a scanner reads from one.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::browser::Browser;
use crate::driver::program;

/// Where the pictures of a test are.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser");
    let folder = folder.join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Browser {
    /// Keeps a picture of this step of the test.
    pub(crate) async fn shot(&self, step: &str) -> PathBuf {
        let file = folder(self.test).join(format!("{step}.png"));
        self.picture(&file).await;
        file
    }

    /// What a scanner reads from the screen: a line each, such as `QR-Code:99…` and `CODE-128:99…`.
    pub(crate) async fn scanned(&self, step: &str) -> Vec<String> {
        let file = self.shot(step).await;
        let read = Command::new(program("zbarimg"))
            // A picture as large as a receipt's has something of every other code in it.
            .args([
                "--quiet",
                "-Sdisable",
                "-Sqrcode.enable",
                "-Scode128.enable",
            ])
            .arg(&file)
            .output()
            .unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        let mut codes: Vec<String> = read.lines().map(str::to_owned).collect();
        codes.sort();
        codes
    }
}
