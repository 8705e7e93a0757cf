//! Files that others wrote and that are kept here: each is the one that its list names.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use toml_edit::DocumentMut;

/// The one list of vendored files; names in it are seen from the folder of this crate.
const LIST: &str = "pages/assets/vendor/VENDORED.toml";

#[derive(Debug)]
struct Vendored {
    file: String,
    /// Of a file that is kept as it came; none of one that is made here of theirs.
    sha256: Option<String>,
    licence_file: String,
}

fn list() -> Vec<Vendored> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(LIST)).unwrap();
    let list: DocumentMut = text.parse().unwrap();
    let mut files = Vec::new();
    for kind in ["vendored", "drawn_from"] {
        for table in list[kind].as_array_of_tables().unwrap() {
            let of = |key: &str| {
                let value = table.get(key).and_then(|value| value.as_str());
                let value = value.filter(|value| !value.is_empty());
                value.unwrap_or_else(|| panic!("{key}: {table}")).to_owned()
            };
            for key in ["name", "version", "from", "licence"] {
                of(key);
            }
            files.push(Vendored {
                file: of("file"),
                sha256: (kind == "vendored").then(|| of("sha256")),
                licence_file: of("licence_file"),
            });
        }
    }
    files
}

/// Whether a file, seen from the folder of this crate, was written by others.
pub(super) fn is_vendored(path: &Path) -> bool {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.strip_prefix(crate_folder).unwrap_or(path);
    list().iter().any(|each| Path::new(&each.file) == path)
}

#[test]
fn every_vendored_file_is_the_one_in_the_list_and_has_its_licence() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for vendored in list() {
        let bytes = fs::read(folder.join(&vendored.file)).expect(&vendored.file);
        let sha256 = HEXLOWER.encode(&Sha256::digest(&bytes));
        if let Some(listed) = vendored.sha256 {
            assert_eq!(sha256, listed, "{}", vendored.file);
        }
        let licence = fs::read_to_string(folder.join(&vendored.licence_file));
        let licence = licence.expect(&vendored.licence_file);
        assert!(licence.contains("Copyright"), "{}", vendored.licence_file);
    }
}

#[test]
fn the_vendor_folder_holds_nothing_that_the_list_does_not_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = BTreeSet::from([LIST.to_owned()]);
    for vendored in list() {
        named.extend([vendored.file, vendored.licence_file]);
    }
    for entry in fs::read_dir(folder.join("pages/assets/vendor")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
        assert!(named.contains(name), "{name} is in no list");
    }
}
