//! What a backup says of itself, beside it and in the clear: counts and hashes, nobody's name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jifen::domain::time::Moment;
use jifen::engine::backup::Backup;
use serde::{Deserialize, Serialize};

use super::seal::hex;
use crate::failure::Failure;

/// How a backup's file ends.
pub(crate) const BACKUP: &str = ".backup.age";
/// How its manifest ends.
const MANIFEST: &str = ".manifest.json";
/// How both begin.
const NAME: &str = "jifen-";

/// The form of the manifest.
const VERSION: u32 = 1;

/// What stands in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The form of this.
    version: u32,
    /// The version of the program that wrote it.
    program: String,
    /// Which installation it is of, in hexadecimal digits.
    pub(crate) install: String,
    /// On the wall, when it was begun: RFC 3339.
    pub(crate) at: String,
    /// Business time of the latest command in it: RFC 3339.
    latest: String,
    /// The last number of its sequence.
    sequence: u64,
    /// How many rows each table has.
    pub(crate) rows: BTreeMap<String, u64>,
    /// The hash of all rows.
    pub(crate) rows_sha256: String,
    /// The backup's file.
    pub(crate) file: String,
    /// Its length.
    bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub(crate) sha256: String,
    /// The audit's checkpoint when it was begun: the backup's leaves are at least those.
    audit_checkpoint: String,
}

impl Manifest {
    /// Of a backup that was sealed into a file of this name, hash and length.
    pub(crate) fn new(
        backup: &Backup,
        name: &str,
        (sha256, bytes): (String, u64),
        checkpoint: &str,
    ) -> Self {
        let rows = backup.rows.iter();
        Self {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            install: hex(&backup.install),
            at: backup.at.to_rfc3339(),
            latest: backup.latest.to_rfc3339(),
            sequence: backup.sequence,
            rows: rows
                .map(|(name, rows)| ((*name).to_owned(), *rows))
                .collect(),
            rows_sha256: hex(&backup.sha256),
            file: name.to_owned(),
            bytes,
            sha256,
            audit_checkpoint: checkpoint.to_owned(),
        }
    }

    /// The text of its file.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, Failure> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|_| Failure::bug())?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// `bad_manifest` where it is none, or of another form.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let text = fs::read(path).map_err(|error| Failure::of_io(path, &error))?;
        let manifest: Option<Self> = serde_json::from_slice(&text).ok();
        let name = path.display();
        manifest
            .filter(|manifest| manifest.version == VERSION)
            .ok_or_else(|| {
                Failure::new(
                    "bad_manifest",
                    format!("{name} 不是备份清单，或其版本不同"),
                    format!("{name} is no backup's manifest, or of another version"),
                )
            })
    }
}

/// The name of a backup that is begun at this time, without its ending: `jifen-20170301T040000.123Z`.
pub(crate) fn stem(at: Moment) -> String {
    let whole = at.to_rfc3339();
    // Milliseconds always, so that the names sort as the times do.
    let (seconds, _) = whole.split_at_checked(19).unwrap_or((&whole, ""));
    let seconds: String = seconds
        .chars()
        .filter(|letter| !matches!(letter, '-' | ':'))
        .collect();
    let millis = at.millis().rem_euclid(1_000);
    format!("{NAME}{seconds}.{millis:03}Z")
}

/// The time in a backup's name, if it is one of ours.
pub(crate) fn time_of(stem: &str) -> Option<Moment> {
    let text = stem.strip_prefix(NAME)?;
    let (date, rest) = text.split_at_checked(8)?;
    let time = rest.strip_prefix('T')?;
    let part = |text: &str, from: usize, until: usize| text.get(from..until).map(str::to_owned);
    let (year, month, day) = (part(date, 0, 4)?, part(date, 4, 6)?, part(date, 6, 8)?);
    let (hour, minute) = (part(time, 0, 2)?, part(time, 2, 4)?);
    let rest = time.get(4..)?;
    let moment: Moment = format!("{year}-{month}-{day}T{hour}:{minute}:{rest}")
        .parse()
        .ok()?;
    (self::stem(moment) == stem).then_some(moment)
}

/// The files of a backup: itself and its manifest.
pub(crate) fn files_of(stem: &str) -> [String; 2] {
    [BACKUP, MANIFEST].map(|ending| format!("{stem}{ending}"))
}

/// Where the manifest of a backup lies by itself: beside it.
pub(crate) fn beside(backup: &Path) -> Option<PathBuf> {
    let name = backup.file_name()?.to_str()?;
    let stem = name.strip_suffix(BACKUP)?;
    Some(backup.with_file_name(format!("{stem}{MANIFEST}")))
}

/// The backups of a folder by their manifests, the oldest first.
pub(crate) fn generations(folder: &Path) -> Result<Vec<(Moment, String)>, Failure> {
    let io = |error: std::io::Error| Failure::of_io(folder, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let stem = name.to_str().and_then(|name| {
            let stem = name.strip_suffix(MANIFEST)?;
            Some((time_of(stem)?, stem.to_owned()))
        });
        found.extend(stem);
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_time_and_sorts_by_it() {
        let times = [
            "2017-03-01T04:00:00Z",
            "2017-03-01T04:00:00.007Z",
            "2017-03-01T04:00:01Z",
            "2017-12-31T23:59:59.999Z",
            "2026-01-01T00:00:00Z",
        ];
        let moments = times.map(|time| time.parse::<Moment>().unwrap());
        let stems = moments.map(stem);
        assert_eq!(stems[0], "jifen-20170301T040000.000Z");
        assert_eq!(stems[1], "jifen-20170301T040000.007Z");
        assert!(stems.is_sorted());
        for (stem, moment) in stems.iter().zip(moments) {
            assert_eq!(time_of(stem), Some(moment));
        }
        for other in [
            "jifen-",
            "jifen-20170301T040000Z",
            "jifen-20170301T040000.0Z",
            "jifen-20170301T040000.000",
            "jifen-20170301T040000.000+08:00",
            "jifen-20171301T040000.000Z",
            "JIFEN-20170301T040000.000Z",
            "other-20170301T040000.000Z",
            "jifen-二〇一七",
        ] {
            assert_eq!(time_of(other), None, "{other}");
        }
    }
}
