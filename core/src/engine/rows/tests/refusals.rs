//! The bytes of every "no".

use super::samples::*;
use super::*;

/// A stored refusal is the number of its place, so a new one comes last, whatever it is checked after.
pub(super) fn every_refusal(seen: &mut Names, kept: &[u8]) {
    let all = refusals();
    let spelt = all
        .iter()
        .flat_map(|refusal| postcard::to_stdvec(refusal).unwrap());
    let written: Vec<u8> = spelt.collect();
    assert!(seen.insert("refusals.postcard".to_owned()));
    assert!(written.starts_with(kept), "a refusal has lost its place");
    let (mut rest, mut expected) = (kept, all.iter());
    while !rest.is_empty() {
        let (refusal, after) = postcard::take_from_bytes::<Refusal>(rest).unwrap();
        assert_eq!(Some(&refusal), expected.next());
        rest = after;
    }
    if writes() {
        std::fs::write(folder().join("refusals.postcard"), written).unwrap();
    }
}

/// Every "no", in its place.
#[expect(clippy::too_many_lines, reason = "one line for each refusal")]
fn refusals() -> Vec<Refusal> {
    let (line, days, step) = (2, 400, 100);
    let (least, most, held) = (points(100), points(300), points(80));
    let (left, available) = (points(7), points(20));
    let state = AccountState::Pending;
    let all = vec![
        Refusal::BasketEmpty,
        Refusal::TooManyLines,
        Refusal::BadLabel { line },
        Refusal::NegativeAmount { line },
        Refusal::AmountTooLarge,
        Refusal::BadReceipt,
        Refusal::BadKey,
        Refusal::BadTime,
        Refusal::BadReason,
        Refusal::NothingToRefund,
        Refusal::KeyReused,
        Refusal::TokenUnknown,
        Refusal::AccountExists,
        Refusal::SaleUnknown,
        Refusal::HoldUnknown,
        Refusal::LineUnknown { line },
        Refusal::OperationUnknown,
        Refusal::NotReversible,
        Refusal::StateForbids { state },
        Refusal::BeforeProgramme,
        Refusal::TooOld { days },
        Refusal::InFuture,
        Refusal::NotOffered,
        Refusal::BelowMinimum { least },
        Refusal::NotAMultiple { step },
        Refusal::WorthNothing,
        Refusal::AboveShare { most },
        Refusal::NotEnough { available },
        Refusal::TooManyHolds,
        Refusal::HoldLapsed,
        Refusal::HoldCaptured,
        Refusal::HoldVoided,
        Refusal::ExceedsHold { held },
        Refusal::HoldUsed,
        Refusal::HoldTooLarge { most },
        Refusal::RefundTooMuch { line },
        Refusal::AmountOnly { line },
        Refusal::QuantityOnly { line },
        Refusal::ReturnTooMuch { left },
        Refusal::NotSameDay,
        Refusal::AlreadyReversed,
        Refusal::SecondPersonNeeded,
        Refusal::NothingToAdjust,
        Refusal::Busy,
        Refusal::Unknown,
        Refusal::StoreDamaged,
        Refusal::StoreFull,
        Refusal::StoreInUse,
        Refusal::StoreFailed,
        Refusal::ClockUntrusted,
        Refusal::SequenceStale,
        Refusal::CodeNeeded,
        Refusal::OtherInstall,
        Refusal::KeysFailed,
        Refusal::BadName,
        Refusal::BadMobile,
        Refusal::PinShape,
        Refusal::PinCommon,
        Refusal::AgreementNeeded,
        Refusal::AgeNeeded,
        Refusal::NoticeOutdated,
        Refusal::BadConsent,
        Refusal::SignInFailed,
        Refusal::SignInLocked { seconds: 300 },
        Refusal::BadTerminal,
        Refusal::TerminalExists,
        Refusal::TerminalUnknown,
        Refusal::BadRequest,
        Refusal::SignInNeeded,
        Refusal::NoNotice,
        Refusal::ErasureUnconfirmed { points: left },
        Refusal::BadAddress,
        Refusal::ConsentNeeded,
        Refusal::KeysTooOld,
        Refusal::SlowDown { seconds: 300 },
        Refusal::SectorUnknown,
        Refusal::CodeWrong,
        Refusal::PhoneCodeNeeded,
        Refusal::AlreadyVerified,
        Refusal::TooManyCodes,
        Refusal::NotSent,
        Refusal::TicketUnknown,
        Refusal::BadTicketText,
        Refusal::BadContact,
        Refusal::TicketClosed,
        Refusal::ReplyNeeded,
        Refusal::UseNotConsented,
        Refusal::NotKept,
        Refusal::RetentionTooShort,
        Refusal::BadIdentity,
        Refusal::StaffSignInFailed,
        Refusal::StaffSignInNeeded,
        Refusal::NotGranted,
        Refusal::GrantExpired,
        Refusal::PasswordDue,
        Refusal::PasswordShape,
        Refusal::PasswordCommon,
        Refusal::PasswordReused,
        Refusal::BadStaffName,
        Refusal::StaffExists,
        Refusal::StaffUnknown,
        Refusal::BadGrant,
        Refusal::ProposalUnknown,
        Refusal::ProposalState,
        Refusal::ProposalLapsed,
        Refusal::MergeUnproved,
        Refusal::MergeUnconfirmed,
        Refusal::AlreadyMerged,
        Refusal::NotMerged,
        Refusal::UndoTooLate { days: 30 },
        Refusal::HoldsOpen,
    ];
    let codes: Vec<&str> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes, Refusal::CODES);
    all
}
