//! `jifen backup`: one backup to every target, the same bytes everywhere, and the old generations go.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use jifen::audit::{Act, Hex32, Text};
use jifen::domain::time::Moment;
use jifen::engine::Engine;
use jifen::engine::audit::{Actor, Done};

use super::manifest::{Manifest, files_of, generations, stem};
use super::place::{check_apart, put_bytes, put_copy, work_folder};
use super::seal::{Recipient, hash_file, seal};
use crate::failure::Failure;
use crate::lang::Lang;
use crate::settings::Settings;

/// The file of rows before it is sealed.
const PLAIN: &str = "rows.redb";

/// Makes a backup and puts it into every target.
///
/// # Errors
/// `no_backup_target`; `backup_incomplete` when a target could not be written, after all others were.
pub(crate) fn take(
    engine: &Engine,
    settings: &Settings,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let backup = &settings.backup;
    let Some(recipient) = backup
        .recipient
        .as_ref()
        .filter(|_| !backup.targets.is_empty())
    else {
        return Err(Failure::new(
            "no_backup_target",
            "设置中没有 backup.recipient 或 backup.targets",
            "the settings have no `backup.recipient` or no `backup.targets`",
        ));
    };
    check_apart(settings)?;
    // Corrected records come into this backup under keys of their own; what they were under goes after it.
    let retired = engine.retire_core()?;
    let signed = engine.checkpoint()?;
    let work = work_folder(&settings.data)?;
    let plain = work.path().join(PLAIN);
    let taken = engine.backup(&plain)?;
    let stem = stem(taken.at);
    let [name, manifest_name] = files_of(&stem);
    let sealed = work.path().join(&name);
    seal_file(&plain, &sealed, recipient)?;
    fs::remove_file(&plain).map_err(|error| Failure::of_io(&plain, &error))?;
    let hash = hash_file(&sealed).map_err(|error| Failure::of_io(&sealed, &error))?;
    let manifest = Manifest::new(&taken, &name, hash, &signed.note);
    let text = manifest.to_json()?;

    let mut failed = Vec::new();
    for target in &backup.targets {
        // The backup before its manifest: where there is a manifest, the whole of it is there.
        let put = put_copy(target, &name, &sealed)
            .and_then(|()| check_copy(&target.join(&name), &manifest.sha256))
            .and_then(|()| put_bytes(target, &manifest_name, &text));
        match put {
            Ok(()) => {
                writeln!(
                    out,
                    "{}/{name} sha256 {}",
                    target.display(),
                    manifest.sha256
                )?;
                drop_old(target, &stem, taken.at, backup.keep_days, lang, out)?;
            }
            Err(error) => {
                let words = lang.pick("未能写入", "could not be written");
                writeln!(out, "{} {words}: {error}", target.display())?;
                failed.push(target.display().to_string());
            }
        }
    }
    let rows: u64 = manifest.rows.values().sum();
    writeln!(out, "{rows} {}", lang.pick("行", "rows"))?;
    if failed.is_empty() {
        let rows_sha256 = Hex32::from_bytes(taken.sha256);
        engine.note(Done::of_shop(
            Actor::operator(),
            Act::BackedUp {
                backup: Text::fitted(&stem),
                rows,
                hash: rows_sha256,
            },
        ))?;
        return Ok(engine.drop_retired(&retired)?);
    }
    let failed = failed.join(", ");
    Err(Failure::new(
        "backup_incomplete",
        format!("以下备份目标未能写入：{failed}"),
        format!("these backup targets could not be written: {failed}"),
    ))
}

fn seal_file(plain: &Path, sealed: &Path, recipient: &Recipient) -> Result<(), Failure> {
    let mut from = File::open(plain).map_err(|error| Failure::of_io(plain, &error))?;
    let io = |error: io::Error| Failure::of_io(sealed, &error);
    let to = super::place::create_private(sealed).map_err(io)?;
    let to = seal(&mut from, io::BufWriter::new(to), recipient).map_err(io)?;
    let to = to.into_inner().map_err(|error| io(error.into_error()))?;
    to.sync_all().map_err(io)
}

/// What was written is what was sent.
fn check_copy(copy: &Path, sha256: &str) -> io::Result<()> {
    let (found, _) = hash_file(copy)?;
    if found == sha256 {
        return Ok(());
    }
    fs::remove_file(copy)?;
    Err(io::Error::other("it reads otherwise than it was written"))
}

/// Drops the generations of a target that are older than they are kept. The one that was just written and read again is
/// the newest good one, and stays whatever the clock says.
fn drop_old(
    target: &Path,
    newest: &str,
    now: Moment,
    keep_days: u32,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for (at, stem) in generations(target)? {
        if stem == newest || now <= at.plus_days(keep_days) {
            continue;
        }
        let [backup, manifest] = files_of(&stem);
        // The manifest first: one without a backup would be taken for a good one.
        for name in [manifest, backup] {
            match fs::remove_file(target.join(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::of_io(&target.join(&name), &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        let words = lang.pick("已过保存期限，删除", "is past its keeping and was dropped");
        writeln!(out, "{}/{stem} {words}", target.display())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_generations_go_and_the_newest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path();
        let now: Moment = "2017-03-31T12:00:00Z".parse().unwrap();
        let write = |at: Moment| {
            let stem = stem(at);
            for name in files_of(&stem) {
                fs::write(target.join(name), b"x").unwrap();
            }
            stem
        };
        let ages = [36, 35, 34, 0];
        let stems = ages.map(|days| write(now.plus_millis(-86_400_000 * days)));
        let later = write(now.plus_days(400));
        fs::write(target.join("jifen-notes.manifest.json"), b"x").unwrap();
        let drop = |now| drop_old(target, &stems[3], now, 35, Lang::En, &mut Vec::new()).unwrap();
        let is_there = |stem: &str| {
            let [backup, manifest] = files_of(stem).map(|name| target.join(name).exists());
            assert_eq!(backup, manifest, "{stem}");
            backup
        };
        drop(now);
        assert_eq!(
            stems.each_ref().map(|stem| is_there(stem)),
            [false, true, true, true]
        );
        assert!(is_there(&later));
        // A clock that leapt does not take the last one.
        drop(now.plus_days(10_000));
        assert_eq!(
            stems.each_ref().map(|stem| is_there(stem)),
            [false, false, false, true]
        );
        assert!(target.join("jifen-notes.manifest.json").exists());
    }

    #[test]
    fn a_copy_that_reads_otherwise_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        fs::write(&copy, b"one").unwrap();
        let (hash, _) = hash_file(&copy).unwrap();
        check_copy(&copy, &hash).unwrap();
        fs::write(&copy, b"two").unwrap();
        check_copy(&copy, &hash).unwrap_err();
        assert!(!copy.exists());
    }
}
