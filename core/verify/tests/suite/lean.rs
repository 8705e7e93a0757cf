//! The checker is built without the store: whoever checks need not trust, or have, what wrote it.

use std::process::Command;

/// The packages that this one is built from.
fn packages(package: &str) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--offline", "--locked", "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}", "--package", package])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&tree.stderr).into_owned();
    assert!(tree.status.success(), "{told}");
    let text = String::from_utf8(tree.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_checker_has_no_store_in_it() {
    let here = packages("jifen-verify");
    assert!(here.iter().any(|name| name == "jifen"), "{here:?}");
    assert!(!here.iter().any(|name| name == "redb"), "{here:?}");
    // The same question about the whole engine has the other answer.
    assert!(packages("jifen").iter().any(|name| name == "redb"));
}
