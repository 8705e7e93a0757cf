//! What axe-core finds in a page: the rules of WCAG 2.2 AA that a machine can check, and what is thought good practice.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;

/// Runs it, and gives a line for each element that broke a rule: the rule, where, and what would help.
const RUN: &str = "const done = arguments[arguments.length - 1]; \
     const values = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']; \
     axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] }).then( \
       (found) => done({ checked: found.passes.length, faults: found.violations.flatMap((rule) => rule.nodes.map((node) => \
         `${rule.id} at ${node.target.join(' ')}: ${rule.help}: ${node.failureSummary.replace(/\\s+/g, ' ')}`)) }), \
       (error) => done({ checked: 0, faults: [String(error)] }));";

impl Browser {
    /// Puts axe-core into every page that is opened from now on.
    pub(crate) async fn bring_axe(&self) {
        let source = json!({"source": source()});
        self.command("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
    }

    /// The faults of the page that is shown.
    pub(crate) async fn axe_faults(&self) -> Vec<String> {
        let found = self.promised(RUN).await;
        assert!(found["checked"].as_u64().unwrap() > 10, "{found}");
        lines(&found["faults"])
    }
}

/// Texts of a list.
#[track_caller]
pub(crate) fn lines(list: &Value) -> Vec<String> {
    let lines = list.as_array().unwrap().iter();
    lines
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

fn source() -> String {
    let file = "../tests/browser/node_modules/axe-core/axe.min.js";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = std::fs::read_to_string(&file);
    assert!(
        source.is_ok(),
        "there is no axe-core: npm ci --prefix tests/browser"
    );
    source.unwrap()
}
