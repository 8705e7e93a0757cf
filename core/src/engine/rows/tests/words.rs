//! The places of enums that are written inside other rows.

use super::samples::*;
use super::*;

/// Enums whose places are written inside the rows above.
type Words = (
    Vec<AccountState>,
    Vec<Tier>,
    Vec<TierOutcome>,
    Vec<Cap>,
    Vec<LineKind>,
    Vec<JournalAccount>,
    Vec<Redemption>,
);

/// A list may have grown since its bytes were kept, and only at its end.
pub(super) fn every_word(seen: &mut Names, kept: &[u8]) {
    assert!(seen.insert("words.postcard".to_owned()));
    let (all, read) = (words(), postcard::from_bytes::<Words>(kept).unwrap());
    assert_eq!(postcard::to_stdvec(&read).unwrap(), kept, "written again");
    assert!(all.0.starts_with(&read.0), "{:?}", read.0);
    assert!(all.1.starts_with(&read.1), "{:?}", read.1);
    assert!(all.2.starts_with(&read.2), "{:?}", read.2);
    assert!(all.3.starts_with(&read.3), "{:?}", read.3);
    assert!(all.4.starts_with(&read.4), "{:?}", read.4);
    assert!(all.5.starts_with(&read.5), "{:?}", read.5);
    assert!(all.6.starts_with(&read.6), "{:?}", read.6);
    if writes() {
        let written = postcard::to_stdvec(&all).unwrap();
        std::fs::write(folder().join("words.postcard"), written).unwrap();
    }
}

fn words() -> Words {
    use AccountState::{Active, Pending, Restricted, Suspended, Warned};
    use LineKind::{Deposit, Fee, GiftCard, Goods, Tip, TopUp};

    (
        vec![Pending, Active, Warned, Restricted, Suspended],
        vec![Tier::Ordinary, Tier::Senior],
        vec![
            TierOutcome::Upgrade,
            TierOutcome::Downgrade,
            TierOutcome::Review,
        ],
        vec![Cap::Sale, Cap::Day],
        vec![Goods, TopUp, GiftCard, Deposit, Tip, Fee],
        accounts(),
        vec![
            Redemption::Sale(SaleId::new(7, [1; 8])),
            Redemption::Hold(HoldId::new(8, [2; 8])),
        ],
    )
}

pub(super) fn accounts() -> Vec<JournalAccount> {
    vec![
        JournalAccount::Liability(Some(day().month())),
        JournalAccount::Liability(None),
        JournalAccount::Receivable,
        JournalAccount::Issued,
        JournalAccount::Redeemed,
        JournalAccount::ClawedBack,
        JournalAccount::Expired,
        JournalAccount::Adjusted,
        JournalAccount::Loss,
        JournalAccount::Forfeited,
        JournalAccount::Restored,
    ]
}
