//! What a page leaves in a browser, and what it was forbidden.

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

    /// What the policy of the page forbade, and what the browser complained of.
    pub(crate) async fn forbidden(&self) -> Vec<String> {
        let mut found = lines(&self.script("return window.violations").await);
        found.extend(self.complaints().await);
        found
    }
}
