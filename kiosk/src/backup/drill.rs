//! `jifen drill`: the newest backup is restored into a folder that goes again, and what came of it is checked: pages, sums,
//! counts. A backup that was never restored is a hope (BAK-02).

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use jifen::audit::{Act, Text};
use jifen::engine::Engine;
use jifen::engine::audit::{Actor, Done};
use jifen::engine::closing::closing;
use jifen::store::redb::{Integrity, RedbStore, check_integrity};

use super::manifest::{files_of, generations};
use super::place::work_folder;
use super::restore::{bring_back, checked, other_rows, tell};
use super::seal::{Identity, open_file};
use crate::clock::{FollowingClock, OsEntropy};
use crate::failure::Failure;
use crate::keeper::AUDIT_FOLDER;
use crate::lang::Lang;
use crate::settings::Settings;
use crate::verify::{pages_damaged, verify};

/// Tries the newest backup of the first target.
///
/// # Errors
/// `no_backup`; what a restore refuses; and with exit code 3 where what came of it is not as it should be.
pub(crate) fn drill(
    of: &Engine,
    settings: &Settings,
    identity: &Path,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let target = settings.backup.targets.first().ok_or_else(no_backup)?;
    let (_, stem) = generations(target)?.pop().ok_or_else(no_backup)?;
    let [name, manifest_name] = files_of(&stem);
    let file = target.join(name);
    let manifest = checked(&file, Some(&target.join(manifest_name)))?;
    let identity = Identity::load(identity)?;
    let keys = of.keys().clone();
    let audit = settings.data.join(AUDIT_FOLDER);
    let work = work_folder(&settings.data)?;
    let plain = work.path().join("opened.redb");
    open_file(&file, &plain, &identity)?;
    let store = work.path().join("store.redb");
    let restored = bring_back(&plain, &keys, &store, (&file, Some(&audit)), lang)?;
    writeln!(out, "{}", file.display())?;
    let is_same = tell(&restored, manifest.as_ref(), lang, out)?;
    let integrity = check_integrity(&store)?;
    let verified = {
        let store = RedbStore::open(&store, Some(closing(keys.clone())))?;
        let engine = Engine::open(
            Arc::new(store),
            keys,
            Arc::new(FollowingClock::new()),
            Arc::new(OsEntropy::new()?),
            settings.of_engine(),
        )?;
        verify(&engine, lang, out)
    };
    work.close()
        .map_err(|error| Failure::of_io(&settings.data, &error))?;
    let is_good = verified.is_ok() && integrity == Integrity::Sound && is_same;
    of.note(Done::of_shop(
        Actor::operator(),
        Act::Drilled {
            backup: Text::fitted(&stem),
            differences: u64::from(!is_good),
        },
    ))?;

    verified?;
    if integrity != Integrity::Sound {
        return Err(pages_damaged());
    }
    if !is_same {
        return Err(other_rows());
    }
    // The same words in every language: monitoring looks for them.
    writeln!(out, "drill: {stem} is good")?;
    Ok(())
}

fn no_backup() -> Failure {
    Failure::new(
        "no_backup",
        "第一个备份目标中没有备份",
        "there is no backup in the first target",
    )
}
