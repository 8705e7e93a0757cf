//! The report: one row a household, in the order of their numbers.

use std::fs::File;
use std::path::Path;

use jifen::domain::programme::Tier;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::Engine;

use crate::failure::Failure;

use super::feed::Sent;

/// Writes the report with `expired` and `available` as of a moment.
pub(crate) fn write(
    engine: &Engine,
    sent: &Sent,
    as_of: Moment,
    path: &Path,
) -> Result<(), Failure> {
    let io = |error: &std::io::Error| Failure::of_io(path, error);
    let fault = |error: csv::Error| Failure::of_io(path, &error.into());
    let versions = engine.versions();
    let exponent = versions
        .latest()
        .ok_or(Refusal::BeforeProgramme)?
        .currency
        .exponent;
    let mut rows: Vec<_> = sent.households.iter().collect();
    // Numbers by their value where all are numbers, else as text.
    if rows.iter().all(|(name, _)| name.parse::<u64>().is_ok()) {
        rows.sort_by_key(|(name, _)| name.parse::<u64>().unwrap_or(u64::MAX));
    }

    let mut csv = csv::Writer::from_writer(File::create(path).map_err(|error| io(&error))?);
    csv.write_record([
        "household_id",
        "sales",
        "qualifying_spend",
        "earned",
        "expired",
        "available",
        "carry",
        "tier",
        "senior_from",
    ])
    .map_err(fault)?;
    for (household, account) in rows {
        let end = engine.statement_at(*account, sent.last_sold_at)?;
        let (expired, available) = engine.expired_and_available(*account, as_of)?;
        let carry = end
            .carries
            .first()
            .map(|(_, carry)| carry.display(exponent));
        let (tier, since) = match end.tier {
            Tier::Ordinary => ("ordinary", String::new()),
            Tier::Senior => (
                "senior",
                end.tier_since.map(|at| at.to_string()).unwrap_or_default(),
            ),
        };
        csv.write_record([
            household.as_str(),
            &end.totals.sales.to_string(),
            &end.qualifying_spend.display(exponent),
            &end.totals.earned.to_string(),
            &expired.to_string(),
            &available.to_string(),
            &carry.unwrap_or_default(),
            tier,
            &since,
        ])
        .map_err(fault)?;
    }
    csv.flush().map_err(|error| io(&error))
}
