//! The escrow of the keybox (privacy §4): a file a bucket, its body sealed to the second custodian and that to the first,
//! so that it takes both to open it. There is one copy a bucket and destination: a bucket that was pushed again replaces
//! the one before, so that the keys of whoever was erased meanwhile are in none.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use jifen::domain::time::Moment;
use jifen::engine::clock::Clock;
use jifen::vault::Keybox;
use zeroize::Zeroizing;

use super::place::{check_apart, put_bytes};
use super::seal::{Identity, Recipient, open_bytes, seal_bytes};
use crate::clock::ShopClock;
use crate::failure::Failure;
use crate::lang::Lang;
use crate::settings::Settings;

/// The system's bucket: its number is after those of the members'.
pub(crate) const SYS: u8 = 64;
/// How a bucket's file ends.
pub(crate) const ESCROW: &str = ".escrow.age";
/// The longest file of a bucket, in bytes: some millions of members.
const FILE_MAX: u64 = 1 << 30;

/// What stands in a bucket, opened: what is pushed.
pub(crate) struct Body {
    /// Of which epoch.
    pub(crate) epoch: u64,
    /// The keybox's own bytes.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Body").finish_non_exhaustive()
    }
}

/// Where keys come from to be pushed.
pub(crate) trait Escrowed {
    /// What stands in a bucket now.
    fn body(&self, bucket: u8) -> Result<Body, Failure>;
}

/// What was pushed, and where it arrived.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// Which buckets, each of which epoch.
    pub(crate) buckets: Vec<(u8, u64)>,
    /// Each destination, and how it went there: when its copies were written, or why not.
    pub(crate) targets: Vec<(PathBuf, Result<Moment, Failure>)>,
}

/// Every bucket, the system's last.
pub(crate) fn all_buckets() -> impl Iterator<Item = u8> {
    0..=SYS
}

/// Pushes these buckets to every destination. One that cannot be reached does not hold the others up: it is told, and
/// asked again the next time.
///
/// # Errors
/// Those of the keys; a destination's own are in what is given back.
pub(crate) fn push_escrow(
    source: &dyn Escrowed,
    buckets: impl IntoIterator<Item = u8>,
    targets: &[PathBuf],
    custodians: &[Recipient; 2],
    now: &dyn Fn() -> Moment,
) -> Result<Pushed, Failure> {
    let begun = targets.iter().map(|target| (target.clone(), Ok(now())));
    let mut pushed = Pushed {
        buckets: Vec::new(),
        targets: begun.collect(),
    };
    let [outer, inner] = custodians;
    for bucket in buckets {
        let sealed = {
            let body = source.body(bucket)?;
            pushed.buckets.push((bucket, body.epoch));
            let once = seal_bytes(&body.bytes, inner)?;
            seal_bytes(&once, outer)?
        };
        for (target, outcome) in &mut pushed.targets {
            if outcome.is_ok() {
                let put = put_bytes(target, &file_of(bucket), &sealed);
                *outcome = put
                    .map(|()| now())
                    .map_err(|error| Failure::of_io(target, &error));
            }
        }
    }
    Ok(pushed)
}

/// The name of a bucket's file.
pub(super) fn file_of(bucket: u8) -> String {
    if bucket == SYS {
        format!("sys{ESCROW}")
    } else {
        format!("{bucket:02x}{ESCROW}")
    }
}

/// Opens every bucket of a destination, with both custodians' identities.
///
/// # Errors
/// `escrow_incomplete` when a bucket is not there; `wrong_identity`, `sealed_damaged`.
pub(crate) fn open_escrow(
    folder: &Path,
    custodians: &[Identity; 2],
) -> Result<Vec<Zeroizing<Vec<u8>>>, Failure> {
    let [first, second] = custodians;
    let mut bodies = Vec::new();
    for bucket in all_buckets() {
        let path = folder.join(file_of(bucket));
        let sealed = read(&path)?;
        // Who opens the outer one is found by trying, so that nobody has to know which custodian is the first.
        let body = open_both(&sealed, first, second, &path)
            .or_else(|error| open_both(&sealed, second, first, &path).map_err(|_| error))?;
        bodies.push(body);
    }
    Ok(bodies)
}

fn open_both(
    sealed: &[u8],
    outer: &Identity,
    inner: &Identity,
    path: &Path,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let once = open_bytes(sealed, outer, path)?;
    open_bytes(&once, inner, path)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = fs::File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        file.take(FILE_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    read.map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            let name = path.display();
            return Failure::new(
                "escrow_incomplete",
                format!("密钥托管不完整：没有 {name}"),
                format!("the escrow is not whole: there is no {name}"),
            );
        }
        Failure::of_io(path, &error)
    })
}

/// `jifen restore-keys`: a keybox from an escrow, in a folder that has none.
pub(crate) fn restore_keys(
    escrow: &Path,
    identities: &[PathBuf],
    keys: &Path,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let [first, second] = identities else {
        return Err(Failure::new(
            "two_custodians",
            "须有两位保管人的身份文件：--identity A --identity B",
            "both custodians are needed: --identity A --identity B",
        )
        .with_exit(crate::failure::USAGE));
    };
    let custodians = [Identity::load(first)?, Identity::load(second)?];
    let bodies = open_escrow(escrow, &custodians)?;
    super::keybox::restore(keys, bodies)?;
    let words = lang.pick("已恢复密钥", "the keys are back in");
    writeln!(out, "{words} {}", keys.display())?;
    Ok(())
}

/// `jifen escrow`: pushes every bucket to every destination.
///
/// # Errors
/// `no_escrow_target`; `escrow_incomplete` when a destination could not be reached, after all others were.
pub(crate) fn escrow(
    keybox: &Keybox,
    settings: &Settings,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let escrow = &settings.escrow;
    let Some(custodians) = escrow
        .custodians
        .as_ref()
        .filter(|_| !escrow.targets.is_empty())
    else {
        return Err(Failure::new(
            "no_escrow_target",
            "设置中没有 escrow.custodians 或 escrow.targets",
            "the settings have no `escrow.custodians` or no `escrow.targets`",
        ));
    };
    check_apart(settings)?;
    let clock = ShopClock::new();
    let now = || clock.wall();
    let pushed = push_escrow(keybox, all_buckets(), &escrow.targets, custodians, &now)?;
    let mut failed = Vec::new();
    let newest = pushed.buckets.iter().map(|(_, epoch)| *epoch).max();
    let (buckets, words) = (
        pushed.buckets.len(),
        lang.pick("个桶，最新纪元", "buckets, newest epoch"),
    );
    writeln!(out, "{buckets} {words} {}", newest.unwrap_or(0))?;
    for (target, outcome) in pushed.targets {
        match outcome {
            Ok(at) => writeln!(out, "{} {at}", target.display())?,
            Err(_) => failed.push(target.display().to_string()),
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let failed = failed.join(", ");
    let words = lang.pick("未能写入", "could not be written");
    writeln!(out, "{failed} {words}")?;
    Err(Failure::new(
        "escrow_incomplete",
        format!("以下托管目标未能写入：{failed}"),
        format!("these escrow targets could not be written: {failed}"),
    ))
}

#[cfg(test)]
mod tests;
