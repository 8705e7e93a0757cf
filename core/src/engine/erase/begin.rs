//! Step 0 of an erasure: from here on every command about the member is refused.

use sha2::{Digest, Sha256};

use crate::audit::Handle;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::ledger::journal::forfeit;
use crate::policy::retention::RecordKind;
use crate::vault::profile::Profile;

use super::super::retain;
use super::super::rows::{
    ByRole, ErasureV1, INTENTS, IntentRow, JOURNAL, JournalRow, KeyGroup, RECEIPTS, ReceiptKey,
};
use super::super::work::{Stop, Work};
use super::forget;

/// An erasure that has begun.
pub(super) struct Begun {
    pub(super) request: ReceiptKey,
    pub(super) member: MemberId,
    /// Read before its row is gone, so that no search finds the member from the next step on.
    pub(super) profile: Option<Profile>,
}

/// The intents, the forfeiture, and every row of the member gone, and of every record that was merged into it: all in one
/// transaction, so that nothing stops between them (semantics 17). The member's own is the first.
pub(super) fn begin(
    work: &mut Work<'_>,
    request: ReceiptKey,
    account: AccountId,
    by: &(String, ByRole, String),
    confirmed: Points,
) -> Result<Vec<Begun>, Stop> {
    if RECEIPTS.outside(&work.view(), &request)?.is_some() {
        return Err(Refusal::KeyReused.into());
    }
    let account = work.view().here(account)?;
    let (_, desk) = work.desk(account)?;
    let balance = desk.account.balance();
    let forfeited = balance.ok_or(Refusal::AmountTooLarge)?;
    if forfeited != confirmed {
        return Err(Refusal::ErasureUnconfirmed { points: forfeited }.into());
    }
    let mut postings = desk.journal.clone();
    postings.extend(forfeit(&desk.account, desk.zone));
    if !postings.is_empty() {
        let row = JournalRow::V1 {
            day: desk.zone.day_of(work.now),
            receipt: None,
            postings,
        };
        let key = work.number().to_be_bytes();
        work.put_plain(&JOURNAL, &key, &row)?;
    }
    if by.1 == ByRole::Program {
        // Whoever signed in or bought something since the sweep looked stays (RET-03).
        let (member, policy) = (work.keys().member_of(account)?, work.settings.retention);
        let row = work.view().member(member)?;
        let day = retain::planned_erasure(&work.view(), &row, account, desk.zone, &policy)?;
        if day.is_none_or(|day| desk.zone.day_of(work.now) < day) {
            return Err(Refusal::ErasureUnconfirmed { points: forfeited }.into());
        }
        // Its time was over: it is counted with everything else that is destroyed (RET-01).
        let mut gone = retain::Destruction::default();
        gone.add(RecordKind::Members, desk.zone.day_of(work.now));
        retain::book(work, &gone)?;
    }

    let group = work.view().group(account)?;
    let mut recipients = Vec::new();
    let mut going = Vec::with_capacity(group.len());
    for (number, account) in (0_u32..).zip(group) {
        let member = work.keys().member_of(account)?;
        // An account that nobody registered for has no row of a member, and a handle of this moment.
        let told = match work.view().member(member) {
            Ok(row) => Some(row),
            Err(Stop::Refused(Refusal::TokenUnknown)) => None,
            Err(stop) => return Err(stop),
        };
        for name in told.iter().flat_map(|row| &row.recipients) {
            if !recipients.contains(name) {
                recipients.push(name.clone());
            }
        }
        going.push((of_merged(request, number), member, account, told));
    }
    // Whoever asks for a merged record asks as the person of the record that stays.
    let handles = going
        .iter()
        .map(|(.., told)| told.as_ref().map(|row| row.handle));
    let handles: Vec<_> = handles.collect();
    let handles: Vec<[u8; 16]> = handles
        .into_iter()
        .map(|handle| handle.unwrap_or_else(|| work.random()))
        .collect();
    let asks = handles.first().copied().unwrap_or_default();
    let (name, role, device) = by.clone();
    let name = match role {
        ByRole::Member => Handle::from_bytes(asks).to_string(),
        ByRole::Operator | ByRole::Staff | ByRole::Program => name,
    };
    let (mut forfeited, mut released) = (forfeited, desk.account.debt);
    let mut begun = Vec::with_capacity(going.len());
    for ((request, member, account, told), handle) in going.into_iter().zip(handles) {
        let keybox = work.keys().keybox();
        let keys = keybox.of_member(&member);
        let has_postal = keys.is_some_and(|keys| keys.postal(keybox.install()).is_some());
        let mut groups = vec![KeyGroup::Core, KeyGroup::History];
        if has_postal {
            groups.insert(1, KeyGroup::Postal);
        }
        // The points of all are the survivor's.
        let erasure = ErasureV1 {
            at: work.now,
            by: (name.clone(), role, device.clone()),
            handle,
            groups,
            forfeited: core::mem::take(&mut forfeited),
            released: core::mem::take(&mut released),
            recipients: core::mem::take(&mut recipients),
        };
        let head = work.view().own_account(account)?.head;
        forget::rows_of(work, member, account, &head)?;
        let intent = IntentRow::V1 { member, erasure };
        work.put_plain(&INTENTS, &request, &intent)?;
        begun.push(Begun {
            request,
            member,
            profile: told.map(|row| row.told.profile.to_profile()),
        });
    }
    Ok(begun)
}

/// The request that erases the n-th record of a person, the survivor being number 0: its own key, of the same time.
pub(super) fn of_merged(request: ReceiptKey, number: u32) -> ReceiptKey {
    if number == 0 {
        return request;
    }
    let hash = Sha256::new()
        .chain_update(b"jifen merged")
        .chain_update(request);
    let hash = hash.chain_update(number.to_be_bytes()).finalize();
    let mut key = request;
    for (to, from) in key.iter_mut().skip(8).zip(&hash) {
        *to = *from;
    }
    key
}
