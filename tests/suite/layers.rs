//! The arrows of the house. A source file or a manifest that draws one which is not in the picture fails here, with its
//! line; and so does a float, a clock, a nap or a socket in the engine.
//!
//! ```text
//!  plugins/<dialect> ──► plugins/pos                      tests ──► everything
//!         ▲                  ▲
//!         └──────────────────┴──── kiosk ──► core ◄── core/verify
//!
//!  inside core:   engine ──► vault ──► policy ──► domain
//!                   ├──────► ledger ───────────────┤
//!                   ├──────► audit ────────────────┤
//!                   └──────► store  (knows nobody)     vault ──► store
//! ```
//!
//! A room may use whatever its arrows lead to, at any distance. A new room has no arrows until they are drawn here.

use std::collections::BTreeSet;
use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike};

/// The rooms of core, and where their arrows lead.
const ROOMS: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("store", &[]),
    ("ledger", &["domain"]),
    ("policy", &["domain"]),
    ("audit", &["domain"]),
    ("vault", &["policy", "store"]),
    ("engine", &["vault", "ledger", "audit", "store"]),
];

/// What core never says, whatever it was brought in as.
const NEVER_IN_CORE: [(&str, &str); 7] = [
    ("SystemTime", "now"),
    ("Instant", "now"),
    ("Utc", "now"),
    ("Local", "now"),
    ("thread", "sleep"),
    ("std", "net"),
    ("core", "net"),
];

/// A file of the repository: its place, with `/`, and its text.
type File = (String, String);

/// What a room may use beside itself.
fn leads_to(room: &str) -> BTreeSet<&'static str> {
    let arrows = |room: &str| {
        ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .map_or(&[][..], |(_, arrows)| *arrows)
    };
    let mut found = BTreeSet::new();
    let mut open: Vec<&'static str> = arrows(room).to_vec();
    while let Some(room) = open.pop() {
        if found.insert(room) {
            open.extend(arrows(room));
        }
    }
    found
}

/// Whether a package may name another package of ours.
fn package_may_use(package: &str, folder: &str, other: &str) -> bool {
    match package {
        "jifen-tests" => true,
        "jifen-kiosk" => other != "jifen-tests" && other != "jifen-verify",
        "jifen-verify" => other == "jifen",
        "jifen" | "jifen-pos" => false,
        _ => folder.starts_with("plugins/") && other == "jifen-pos",
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// `::`
    Colons,
    Other(char),
}

/// The tokens with their lines; comments, strings and characters are left out.
fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let begun = i;
        let begun_line = line;
        if at(i) == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if at(i) == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || chars.len() <= i {
                    break;
                }
            }
        } else if let Some(end) = raw_string(&chars, i) {
            i = end;
        } else if at(i) == '"' {
            i += 1;
            while i < chars.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if at(i) == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else if at(i).is_alphanumeric() || at(i) == '_' {
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            found.push((line, Token::Word(chars[begun..i].iter().collect())));
        } else if at(i) == ':' && at(i + 1) == ':' {
            i += 2;
            found.push((line, Token::Colons));
        } else {
            if !at(i).is_whitespace() {
                found.push((line, Token::Other(at(i))));
            }
            i += 1;
        }
        let over = &chars[begun..i.min(chars.len())];
        line = begun_line + over.iter().filter(|over| **over == '\n').count();
    }
    found
}

/// Where a raw string that begins here ends: `r"…"`, `br#"…"#`, `cr"…"`.
fn raw_string(chars: &[char], from: usize) -> Option<usize> {
    let is_inside_a_word = from
        .checked_sub(1)
        .is_some_and(|before| chars[before].is_alphanumeric() || chars[before] == '_');
    let prefix = usize::from(matches!(chars.get(from), Some('b' | 'c')));
    if is_inside_a_word || chars.get(from + prefix) != Some(&'r') {
        return None;
    }
    let body = &chars[from + prefix + 1..];
    let hashes = body.iter().take_while(|hash| **hash == '#').count();
    if body.get(hashes) != Some(&'"') {
        return None;
    }
    let closes = |place: &usize| {
        body[*place] == '"'
            && body[place + 1..]
                .iter()
                .take_while(|hash| **hash == '#')
                .count()
                >= hashes
    };
    let end = (hashes + 1..body.len()).find(closes).unwrap_or(body.len());
    Some(from + prefix + 1 + end + 1 + hashes)
}

/// A path as it stands in the source, and how deep in `mod x { … }` it stands.
struct Spelt {
    line: usize,
    inside: usize,
    segments: Vec<String>,
}

/// Every path, with trees in braces taken apart.
fn paths(tokens: &[(usize, Token)]) -> Vec<Spelt> {
    let is = |place: usize, wanted: char| {
        tokens
            .get(place)
            .is_some_and(|(_, token)| *token == Token::Other(wanted))
    };
    let word = |place: usize| match tokens.get(place) {
        Some((_, Token::Word(word))) => Some(word.as_str()),
        _ => None,
    };
    let mut found = Vec::new();
    let (mut depth, mut mods) = (0_usize, Vec::new());
    let mut i = 0;
    while i < tokens.len() {
        if word(i) == Some("mod") && word(i + 1).is_some() && is(i + 2, '{') {
            mods.push(depth);
        }
        if is(i, '{') {
            depth += 1;
        }
        if is(i, '}') {
            depth = depth.saturating_sub(1);
            if mods.last() == Some(&depth) {
                mods.pop();
            }
        }
        if word(i).is_some() && tokens.get(i + 1).map(|(_, token)| token) == Some(&Token::Colons) {
            let mut spelt = Vec::new();
            i = take_apart(tokens, i, &[], &mut spelt);
            found.extend(spelt.into_iter().map(|(line, segments)| Spelt {
                line,
                inside: mods.len(),
                segments,
            }));
        } else {
            i += 1;
        }
    }
    found
}

/// Takes one path or tree apart; where it ends.
fn take_apart(
    tokens: &[(usize, Token)],
    mut i: usize,
    before: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let mut segments = before.to_vec();
    while let Some((line, token)) = tokens.get(i) {
        match token {
            Token::Word(word) => {
                segments.push(word.clone());
                i += 1;
                if tokens.get(i).map(|(_, token)| token) != Some(&Token::Colons) {
                    found.push((*line, segments));
                    return i;
                }
                i += 1;
            }
            Token::Other('{') => {
                i += 1;
                while let Some((_, token)) = tokens.get(i) {
                    match token {
                        Token::Other('}') => return i + 1,
                        Token::Other(',') => i += 1,
                        Token::Word(word) if word == "as" => i += 2,
                        Token::Word(_) | Token::Other(_) | Token::Colons => {
                            i = take_apart(tokens, i, &segments, found);
                        }
                    }
                }
                return i;
            }
            Token::Other('*') => {
                segments.push("*".to_owned());
                found.push((*line, segments));
                return i + 1;
            }
            // `Vec::<u8>::new` and the like.
            Token::Other(_) | Token::Colons => {
                found.push((*line, segments));
                return i + 1;
            }
        }
    }
    i
}

/// The module that a file of a crate is: `engine/verify/mod.rs` is `engine::verify`.
fn module_of(in_src: &str) -> Vec<&str> {
    let mut module: Vec<&str> = in_src.trim_end_matches(".rs").split('/').collect();
    if module
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(last))
    {
        module.pop();
    }
    module
}

/// What a path names from the crate's root on, where it names something of this crate.
fn from_root<'a>(path: &'a Spelt, module: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut segments = path.segments.iter().map(String::as_str).peekable();
    if ["crate", "jifen"].contains(segments.peek()?) {
        return Some(segments.skip(1).collect());
    }
    segments.next_if_eq(&"self");
    let mut up = 0;
    while segments.next_if_eq(&"super").is_some() {
        up += 1;
    }
    let deep = module.len() + path.inside;
    (up != 0 && up == deep).then(|| segments.collect())
}

/// Everything that is not in the picture.
fn strays(files: &[File]) -> Vec<String> {
    let mut strays = Vec::new();
    let manifests: Vec<(&str, DocumentMut)> = files
        .iter()
        .filter_map(|(place, text)| {
            let folder = place.strip_suffix("Cargo.toml")?.trim_end_matches('/');
            Some((folder, text.parse().expect("a manifest is TOML")))
        })
        .collect();
    let name =
        |manifest: &DocumentMut| Some(manifest.get("package")?.get("name")?.as_str()?.to_owned());
    let ours: BTreeSet<String> = manifests.iter().filter_map(|(_, it)| name(it)).collect();

    for (folder, manifest) in &manifests {
        let Some(package) = name(manifest) else {
            continue;
        };
        for (other, bare) in dependencies(manifest.as_table()) {
            if ours.contains(&other) && !package_may_use(&package, folder, &other) {
                strays.push(format!("{folder}/Cargo.toml: {package} -> {other}"));
            }
            if package == "jifen-verify" && other == "jifen" && !bare {
                strays.push(format!(
                    "{folder}/Cargo.toml: {package} builds jifen with its default features"
                ));
            }
        }
    }

    for (place, text) in files.iter().filter(|(place, _)| place.ends_with(".rs")) {
        let owner = manifests
            .iter()
            .filter(|(folder, manifest)| {
                name(manifest).is_some() && place.starts_with(&format!("{folder}/"))
            })
            .max_by_key(|(folder, _)| folder.len());
        let Some((folder, package)) = owner.and_then(|(folder, it)| Some((*folder, name(it)?)))
        else {
            strays.push(format!("{place}: a source file of no package"));
            continue;
        };
        let tokens = tokens(text);
        let paths = paths(&tokens);
        for path in &paths {
            let first = path
                .segments
                .first()
                .map_or("", String::as_str)
                .replace('_', "-");
            let is_another = ours.contains(&first) && first != package;
            if is_another && !package_may_use(&package, folder, &first) {
                strays.push(format!("{place}:{}: {package} -> {first}", path.line));
            }
        }
        if let Some(in_src) = place.strip_prefix("core/src/") {
            strays.extend(inside_core(in_src, &paths));
            strays.extend(never_in_core(place, &tokens, &paths));
        }
    }
    strays
}

/// The packages that a manifest names, and whether each is taken without its default features.
fn dependencies(manifest: &dyn TableLike) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for (kind, table) in manifest.iter() {
        let Some(table) = table.as_table_like() else {
            continue;
        };
        match kind {
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                for (key, item) in table.iter() {
                    let named = item.get("package").and_then(Item::as_str).unwrap_or(key);
                    let default = item.get("default-features").and_then(Item::as_bool);
                    found.push((named.to_owned(), default == Some(false)));
                }
            }
            "target" => {
                let targets = table.iter().filter_map(|(_, item)| item.as_table_like());
                found.extend(targets.flat_map(dependencies));
            }
            _ => {}
        }
    }
    found
}

/// Arrows from the room that this file stands in. What stands in no room, as `lib.rs`, opens all doors.
fn inside_core(in_src: &str, paths: &[Spelt]) -> Vec<String> {
    let Some((room, _)) = in_src.split_once('/') else {
        let single = in_src.trim_end_matches(".rs");
        let known = single == "lib" || ROOMS.iter().any(|(name, _)| *name == single);
        return (!known)
            .then(|| format!("core/src/{in_src}: a room that is not in the picture"))
            .into_iter()
            .collect();
    };
    if !ROOMS.iter().any(|(name, _)| *name == room) {
        return vec![format!(
            "core/src/{in_src}: a room that is not in the picture"
        )];
    }
    let may = leads_to(room);
    let module = module_of(in_src);
    paths
        .iter()
        .filter_map(|path| {
            let to = from_root(path, &module)?.first().copied().unwrap_or("*");
            let drawn = to == room || may.contains(to);
            (!drawn).then(|| format!("core/src/{in_src}:{}: {room} -> {to}", path.line))
        })
        .collect()
}

/// Floats, clocks, naps and sockets.
fn never_in_core(place: &str, tokens: &[(usize, Token)], paths: &[Spelt]) -> Vec<String> {
    let mut strays = Vec::new();
    let number = |token: Option<&(usize, Token)>| match token {
        Some((_, Token::Word(word))) => word.starts_with(|digit: char| digit.is_ascii_digit()),
        _ => false,
    };
    let is_dot = |token: Option<&(usize, Token)>| matches!(token, Some((_, Token::Other('.'))));
    for (i, (line, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let typed = ["f32", "f64"].iter().any(|float| {
            word == float
                || (number(Some(&tokens[i])) && !word.starts_with("0x") && word.ends_with(float))
        });
        // `0.5`, and neither `0..5` nor the `0.1` of `pair.0.1`; properties weigh their cases with floats.
        let literal = !place.ends_with("/tests.rs")
            && number(Some(&tokens[i]))
            && is_dot(tokens.get(i + 1))
            && number(tokens.get(i + 2))
            && !is_dot(i.checked_sub(1).and_then(|before| tokens.get(before)));
        if typed || literal {
            strays.push(format!("{place}:{line}: a float"));
        }
    }
    for path in paths {
        for pair in path.segments.windows(2) {
            let said = NEVER_IN_CORE
                .iter()
                .any(|(owner, what)| pair[0] == *owner && pair[1] == *what);
            if said {
                strays.push(format!("{place}:{}: {}", path.line, pair.join("::")));
            }
        }
    }
    strays
}

/// The manifests and sources of the repository.
fn repository() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder reads") {
            let path = entry.expect("a folder reads").path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let hidden = name.starts_with('.') || name == "target";
            if path.is_dir() && !hidden {
                open.push(path);
            } else if name == "Cargo.toml" || (name.ends_with(".rs") && path.is_file()) {
                let place = path.strip_prefix(&root).expect("it is inside");
                let place = place.to_string_lossy().replace('\\', "/");
                files.push((place, std::fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn no_arrow_is_drawn_that_is_not_in_the_picture() {
    let files = repository();
    // A walk that found nothing would find no stray either.
    for place in [
        "core/Cargo.toml",
        "core/src/engine/commit.rs",
        "kiosk/src/main.rs",
    ] {
        assert!(files.iter().any(|(found, _)| found == place), "{place}");
    }
    let strays = strays(&files);
    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn the_rooms_really_are_joined_as_drawn() {
    // Every arrow that the sources use today: were the reader blind, this would be empty.
    let mut used = BTreeSet::new();
    for (place, text) in repository() {
        let Some((in_src, (room, _))) = place
            .strip_prefix("core/src/")
            .and_then(|in_src| Some((in_src, in_src.split_once('/')?)))
        else {
            continue;
        };
        let module = module_of(in_src);
        for path in paths(&tokens(&text)) {
            let to = from_root(&path, &module).and_then(|names| Some((*names.first()?).to_owned()));
            used.extend(to.filter(|to| to != room).map(|to| (room.to_owned(), to)));
        }
    }
    for arrow in [
        ("engine", "vault"),
        ("engine", "ledger"),
        ("engine", "store"),
        ("engine", "domain"),
        ("ledger", "domain"),
        ("vault", "store"),
    ] {
        let (from, to) = arrow;
        assert!(
            used.contains(&(from.to_owned(), to.to_owned())),
            "{arrow:?}"
        );
    }
}

/// The repository with one more file, or another text in a file that is there.
fn planted(place: &str, text: &str) -> Vec<String> {
    let mut files = repository();
    files.retain(|(there, _)| there != place);
    files.push((place.to_owned(), text.to_owned()));
    strays(&files)
}

#[test]
fn a_planted_arrow_is_found_however_it_is_spelt() {
    let sources = [
        (
            "core/src/ledger/spy.rs",
            "use crate::store::Table;",
            "ledger -> store",
        ),
        (
            "core/src/domain/spy.rs",
            "\nuse crate::{\n    domain::Points,\n    ledger as book,\n};",
            "domain -> ledger",
        ),
        (
            "core/src/store/spy.rs",
            "fn f() { let _ = crate::domain::points::Points::ZERO; }",
            "store -> domain",
        ),
        (
            "core/src/store/redb/spy.rs",
            "use super::super::super::engine::Engine;",
            "store -> engine",
        ),
        (
            "core/src/vault/spy.rs",
            "mod tests { use super::super::super::engine; }",
            "vault -> engine",
        ),
        (
            "core/src/vault/spy.rs",
            "use super::{self, super::{audit::Leaf, store::Table}};",
            "vault -> audit",
        ),
        (
            "core/src/policy/spy.rs",
            "macro_rules! m { () => { $crate::vault::open() } }",
            "policy -> vault",
        ),
        ("core/src/audit/spy.rs", "use crate::*;", "audit -> *"),
        (
            "core/src/cellar/spy.rs",
            "",
            "a room that is not in the picture",
        ),
        (
            "core/src/domain/spy.rs",
            "const HALF: Rate = 0.5;",
            "a float",
        ),
        ("core/src/domain/spy.rs", "fn f(x: f32) {}", "a float"),
        (
            "core/src/domain/spy.rs",
            "const X: u8 = g(1f64);",
            "a float",
        ),
        (
            "core/src/engine/spy.rs",
            "use std::{thread, time::SystemTime}; fn f() { SystemTime::now(); }",
            "SystemTime::now",
        ),
        (
            "core/src/engine/spy.rs",
            "use chrono::Utc;\nfn f() { Utc::now(); }",
            "Utc::now",
        ),
        (
            "core/src/engine/spy.rs",
            "use std::thread::sleep;",
            "thread::sleep",
        ),
        (
            "core/src/engine/spy.rs",
            "use std::{fmt, net::TcpStream};",
            "std::net",
        ),
        (
            "kiosk/src/spy.rs",
            "use jifen_tests::bench;",
            "jifen-kiosk -> jifen-tests",
        ),
    ];
    for (place, text, expected) in sources {
        let found = planted(place, text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0].starts_with(place) && found[0].ends_with(expected),
            "{text}: {found:?}"
        );
    }
    let manifests = [
        (
            "core/Cargo.toml",
            "[package]\nname = \"jifen\"\n[dependencies]\njifen-kiosk.workspace = true",
            "jifen -> jifen-kiosk",
        ),
        (
            "plugins/pos/Cargo.toml",
            "[package]\nname = \"jifen-pos\"\n[dev-dependencies]\nengine = { package = \"jifen\" }",
            "jifen-pos -> jifen",
        ),
        (
            "plugins/pos/Cargo.toml",
            "[package]\nname = \"jifen-pos\"\n[target.'cfg(unix)'.dependencies]\njifen = { path = \"../../core\" }",
            "jifen-pos -> jifen",
        ),
        (
            "core/verify/Cargo.toml",
            "[package]\nname = \"jifen-verify\"\n[dependencies]\njifen.workspace = true",
            "jifen-verify builds jifen with its default features",
        ),
    ];
    for (place, text, expected) in manifests {
        let found: Vec<String> = planted(place, text)
            .into_iter()
            .filter(|stray| stray.starts_with(place))
            .collect();
        assert_eq!(found, [format!("{place}: {expected}")], "{text}");
    }
}

#[test]
fn what_only_looks_like_an_arrow_is_none() {
    for (place, text) in [
        (
            "core/src/store/spy.rs",
            "// use crate::domain::points::Points;\n/* crate::ledger::x /* crate::vault::y */ crate::z::w */",
        ),
        (
            "core/src/store/spy.rs",
            "/// ```\n/// use jifen::domain::ids::MemberId;\n/// ```\nfn f() {}",
        ),
        (
            "core/src/store/spy.rs",
            "const A: &str = \"crate::domain::x \\\" crate::ledger::y\"; const B: &str = r#\"a \" crate::engine::z\"#;",
        ),
        (
            "core/src/store/spy.rs",
            "const C: char = '\"'; const D: char = '\\''; fn f<'a>(x: &'a str) -> &'a str { x } // \" crate::domain::x",
        ),
        (
            "core/src/store/redb/spy.rs",
            "use super::super::StoreError;\nmod tests { use super::*; use super::super::super::key; }",
        ),
        (
            "core/src/ledger/spy.rs",
            "use crate::{domain::{money::Money, points::Points}, ledger::lot::Lot};",
        ),
        (
            "core/src/vault/spy.rs",
            "use crate::domain::ids::AccountId; // by way of policy",
        ),
        (
            "core/src/domain/spy.rs",
            "fn f(x: ((u8, u8), u8)) { for _ in 0..5 { let _ = x.0.1; } }",
        ),
        (
            "kiosk/src/spy.rs",
            "use jifen::ledger::sale::ReceiptNo; use std::net::TcpListener;",
        ),
    ] {
        assert_eq!(planted(place, text), Vec::<String>::new(), "{text}");
    }
}
