//! `jifen replay`: a retailer's baskets, sent as sales in the order of the file, and a report with a row a household
//! (semantics §10).

pub(crate) mod basket;
pub(crate) mod feed;
pub(crate) mod report;
pub(crate) mod tills;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jifen::domain::time::Moment;
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::lang::Lang;
use crate::progress::Progress;
use crate::shop::{Folders, in_memory};
use crate::{programme, shop::Shop};

/// What `replay` was asked.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct Replay {
    pub(crate) file: PathBuf,
    pub(crate) programme: PathBuf,
    pub(crate) report: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) keys: Option<PathBuf>,
    pub(crate) as_of: Option<Moment>,
    pub(crate) resume: bool,
    pub(crate) in_memory: bool,
    pub(crate) gift: bool,
    pub(crate) over_http: bool,
}

impl Replay {
    /// Sends the baskets and writes the report.
    pub(crate) fn run(&self, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
        let (text, parsed) = programme::load(&self.programme, lang)?;
        let shop = self.open(&text)?;
        let activated = shop.engine.activate(&text);
        activated.map_err(|error| activation(&error))?;

        let size =
            std::fs::metadata(&self.file).map_err(|error| Failure::of_io(&self.file, &error))?;
        let mut progress = Progress::new(lang.pick("重放", "replay"), size.len());
        let exponent = parsed.currency.exponent;
        let begun = Instant::now();
        let window = parsed.refund.window_days;
        // Where they are sent over HTTP, the tills' door is open as long as this lives.
        let counter = if self.over_http {
            Some(tills::Counter::open(&shop)?)
        } else {
            None
        };
        let tills = counter
            .as_ref()
            .map(|counter| counter.tills(tills::Manner::Spooled, exponent));
        let begins = feed::Begins {
            window_days: window,
            resume: self.resume,
            gift: self.gift,
        };
        let mut feed = feed::Feed::new(&shop, begins, tills.transpose()?)?;
        let read = basket::read(&self.file, exponent, &mut |basket, position| {
            progress.at(position);
            feed.send(basket)
        });
        let sent = feed.finish(read)?;
        let seconds = begun.elapsed();
        progress.finish();

        let rate = per_second(sent.sales, seconds);
        let (sales, known) = (sent.sales, sent.repeated);
        writeln!(
            out,
            "{} {sales}, {} {known}, {} {}, {:.1} s, {rate} {}",
            lang.pick("笔数", "sales"),
            lang.pick("其中已存在", "of these known before"),
            lang.pick("家庭", "households"),
            sent.households.len(),
            seconds.as_secs_f32(),
            lang.pick("笔/秒", "sales/s"),
        )?;
        if let Some(path) = &self.report {
            let as_of = self.as_of.unwrap_or(sent.last_sold_at);
            report::write(&shop.engine, &sent, as_of, path)?;
            writeln!(out, "{} {}", lang.pick("报告", "report"), path.display())?;
        }
        Ok(())
    }

    fn open(&self, programme: &str) -> Result<Shop, Failure> {
        if self.in_memory {
            return in_memory();
        }
        let data = match &self.data {
            Some(data) => data.clone(),
            None => default_folder(programme, &self.file)?,
        };
        Folders::new(data, self.keys.clone())?.open(true)
    }
}

/// `./jifen-data/replay-` and 12 hex digits of SHA-256 over the programme's text and the file's absolute path, so that two
/// programmes or files never meet.
fn default_folder(programme: &str, file: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(file).map_err(|error| Failure::of_io(file, &error))?;
    let hash = Sha256::new()
        .chain_update(programme)
        .chain_update(absolute.as_os_str().as_encoded_bytes())
        .finalize();
    let (first, _) = hash.split_first_chunk::<6>().unwrap_or((&[0; 6], &[]));
    let digits = first
        .iter()
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    Ok(PathBuf::from(format!("./jifen-data/replay-{digits:012x}")))
}

/// How many a second, whole ones.
pub(crate) fn per_second(count: u64, time: std::time::Duration) -> u128 {
    u128::from(count)
        .saturating_mul(1_000_000)
        .checked_div(time.as_micros())
        .unwrap_or(0)
}

/// Why a programme cannot be activated in this store.
pub(crate) fn activation(error: &jifen::engine::programmes::ActivateError) -> Failure {
    use jifen::engine::programmes::ActivateError;
    match error {
        ActivateError::Refused(refusal) => refusal.clone().into(),
        ActivateError::File(_) | ActivateError::Versions(_) | ActivateError::Late { .. } => {
            Failure::new(
                "programme_not_activated",
                format!("此数据已使用另一会员制度，不能启用：{error}"),
                format!("the programme cannot be activated in this store: {error}"),
            )
        }
    }
}
