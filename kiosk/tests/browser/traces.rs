//! What a page leaves in a browser, and what it was forbidden.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::axe::lines;
use crate::browser::Browser;

/// All that a script could find of what pages keep.
const KEPT: &str = "const done = arguments[arguments.length - 1]; \
     Promise.all([caches.keys(), indexedDB.databases(), navigator.serviceWorker.getRegistrations()]).then((all) => done([ \
       document.cookie, localStorage.length, sessionStorage.length, ...all.map((of) => of.length)]));";

impl Browser {
    /// No script finds anything that a page keeps.
    pub(crate) async fn keeps_nothing_for_scripts(&self) {
        let kept = self.promised(KEPT).await;
        let path = self.path().await;
        assert_eq!(kept, json!(["", 0, 0, 0, 0, 0]), "{path}");
    }

    /// Nor has the browser a cookie.
    pub(crate) async fn keeps_nothing(&self) {
        self.keeps_nothing_for_scripts().await;
        assert_eq!(self.cookies().await, Vec::<String>::new());
    }

    /// The files of its folder in which one of these words stands, in the two ways in which Chromium writes text.
    pub(crate) fn files_with(&self, words: &[&str]) -> Vec<String> {
        files_with(self.folder(), words)
    }

    /// What the policy of the page forbade, and what the browser complained of.
    pub(crate) async fn forbidden(&self) -> Vec<String> {
        let mut found = lines(&self.script("return window.violations").await);
        // That there is no such page is complained of too, and is meant.
        let meant = format!(
            "{} - Failed to load resource: the server responded with a status of 404",
            self.url().await
        );
        let complaints = self.complaints().await.into_iter();
        found.extend(complaints.filter(|complaint| !complaint.starts_with(&meant)));
        found
    }
}

/// The same in any folder.
pub(crate) fn files_with(folder: &Path, words: &[&str]) -> Vec<String> {
    let spelt: Vec<Vec<u8>> = words
        .iter()
        .flat_map(|word| {
            let wide = word.encode_utf16().flat_map(u16::to_le_bytes);
            [word.as_bytes().to_vec(), wide.collect()]
        })
        .collect();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // A file may go while it is looked for: Chromium still runs.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            let has = |word: &Vec<u8>| bytes.windows(word.len()).any(|part| part == word);
            if spelt.iter().any(has) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
