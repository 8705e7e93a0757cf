//! In which tables a field stands: what an erasure has to empty.

use crate::policy::catalogue::Field;

/// The tables that hold a field; none for a part of another field, for what is kept in the keybox or in memory, and for what
/// the shop does not keep.
#[expect(
    clippy::too_many_lines,
    clippy::match_same_arms,
    reason = "one line for each field, in groups that have a reason"
)]
pub const fn tables_of(field: Field) -> &'static [&'static str] {
    match field {
        Field::Name
        | Field::Mobile
        | Field::Card
        | Field::PinVerifier
        | Field::PinSetAt
        | Field::PinReset
        | Field::AgeAttested
        | Field::Agreement
        | Field::Consents
        | Field::Language
        | Field::Device
        | Field::Source
        | Field::EnrolledAt
        | Field::FirstSignedIn
        | Field::Verified
        | Field::Duplicate
        | Field::Merged
        | Field::MergedRecords
        | Field::RestrictedSince
        | Field::ConfirmedAt
        | Field::WarnedAt
        | Field::Identity
        | Field::Handle
        | Field::Recipients => &["members"],
        Field::Address | Field::Postcode => &["postal"],
        Field::Attempts => &["sign_ins"],
        Field::Looks => &["looks"],
        Field::Tickets => &["member_tickets", "desk_tickets", "tickets"],
        Field::AccountState
        | Field::AccountOpened
        | Field::Reference
        | Field::Balance
        | Field::Debt
        | Field::Tier
        | Field::Tiers
        | Field::TierFlagged
        | Field::Spend
        | Field::SpendDays
        | Field::Carries
        | Field::Totals => &["accounts"],
        Field::DaySums => &["days"],
        Field::Lots => &["accounts", "lots"],
        Field::Entries => &["entries"],
        Field::Sales => &["sales"],
        Field::Holds => &["accounts", "holds"],
        Field::Answers => &["receipts", "business"],
        Field::SaleTokens => &["tokens"],
        Field::Logins => &["logins"],
        Field::LiveCodeSecret => &["live_codes"],
        Field::SectorTokens => &["sectors"],
        Field::Email | Field::TypedCode | Field::MemberNumber | Field::AccountNumber => &[],
        Field::MergedName
        | Field::MergedMobile
        | Field::MergedCard
        | Field::TicketNumber
        | Field::TicketKind
        | Field::TicketState
        | Field::TicketOpenedAt
        | Field::TicketDue
        | Field::TicketOwner
        | Field::TicketEndedAt
        | Field::TicketText
        | Field::TicketReplies
        | Field::AttemptsFailed
        | Field::AttemptsWaitUntil
        | Field::AttemptsDay
        | Field::AttemptsOfDay
        | Field::AgreementKind
        | Field::AgreementVersion
        | Field::AgreementHash
        | Field::AgreementLanguage
        | Field::AgreementAt
        | Field::ConsentPurpose
        | Field::ConsentDecision
        | Field::ConsentNotice
        | Field::ConsentHash
        | Field::ConsentLanguage
        | Field::ConsentChannel
        | Field::ConsentDevice
        | Field::ConsentAt
        | Field::VerifiedAt
        | Field::VerifiedHow
        | Field::VerifiedBy
        | Field::IdentityCheckedBy
        | Field::IdentityCheckedAt
        | Field::IdentityMasked
        | Field::IdentityNumber
        | Field::LookAt
        | Field::LookBy
        | Field::LookRole
        | Field::LookFields
        | Field::LookPurpose
        | Field::LookBasis
        | Field::LookTicket
        | Field::TierChanged
        | Field::TierSince
        | Field::SpendDay
        | Field::SpendOfDay
        | Field::CarryRule
        | Field::CarryRest
        | Field::DaySumDay
        | Field::DaySumCounted
        | Field::TotalSales
        | Field::TotalEarned
        | Field::TotalRedeemed
        | Field::TotalReturned
        | Field::TotalClawedBack
        | Field::TotalExpired
        | Field::TotalRepaid
        | Field::TotalAdjustedUp
        | Field::TotalAdjustedDown
        | Field::TotalLost
        | Field::TotalGranted
        | Field::LotNumber
        | Field::LotPoints
        | Field::LotRemaining
        | Field::LotHeld
        | Field::LotLapsed
        | Field::LotEarnedAt
        | Field::LotAvailableAt
        | Field::LotExpiresAt
        | Field::EntryNumber
        | Field::EntryAt
        | Field::EntryWhat
        | Field::EntryWords
        | Field::EntryBalance
        | Field::EntryDebt
        | Field::EntryRules
        | Field::SaleNumber
        | Field::SaleStore
        | Field::SaleTill
        | Field::SaleReceipt
        | Field::SaleAt
        | Field::SaleAmount
        | Field::SaleTier
        | Field::SaleMultiplier
        | Field::SaleCounted
        | Field::SaleEarned
        | Field::SaleUsed
        | Field::SaleReturned
        | Field::SaleGivenBack
        | Field::SaleVoided
        | Field::SaleRules
        | Field::SaleGoods
        | Field::GoodsProduct
        | Field::GoodsDepartment
        | Field::GoodsCategory
        | Field::GoodsKind
        | Field::GoodsQuantity
        | Field::GoodsPaid
        | Field::GoodsByPoints
        | Field::GoodsPoints
        | Field::GoodsRefundedQuantity
        | Field::GoodsRefundedAmount
        | Field::GoodsAllBack
        | Field::HoldNumber
        | Field::HoldPoints
        | Field::HoldUntil
        | Field::HoldPayable
        | Field::HoldState
        | Field::LoginAt
        | Field::LoginDevice
        | Field::LoginSuccess => &[],
    }
}
