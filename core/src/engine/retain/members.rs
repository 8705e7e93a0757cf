//! Members who bought nothing for so long (RET-03): they are told first, and erased after the notice unless they buy or log
//! in; and numbers of identity documents that nobody ended the use of (RET-05).

use std::collections::BTreeMap;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::programme::Words;
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, Moment, Zone};
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::forward::last_purchase;
use crate::policy::grant::{Ask, decide};
use crate::policy::retention::{Figure, RecordKind, RetentionPolicy};

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::commit::IdempotencyKey;
use super::super::erase::By;
use super::super::identity::{mask, number_is_kept_since};
use super::super::logins;
use super::super::rows::{MEMBERS, MemberRow, MemberV3, Merged};
use super::super::work::{Stop, View};
use super::{Cut, Destruction};

/// A member who is to be told, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warned {
    /// Who.
    pub member: MemberId,
    /// The local day on which the member is erased, unless something is bought or the member logs in before.
    pub erased_on: Day,
    /// Whether a messenger took the notice; else the member's pages tell it at the next log-in.
    pub told: bool,
}

/// Since when a member bought nothing.
#[derive(Clone, Copy)]
struct Idle {
    /// The local day of the last purchase, or of joining.
    since: Day,
    /// When the last purchase was committed, as far as it is known.
    bought_at: Option<Moment>,
}

impl Idle {
    /// Whether a notice was given after the last purchase.
    fn counts(&self, warned_at: Moment) -> bool {
        self.bought_at.is_none_or(|bought| bought < warned_at)
    }
}

impl Engine {
    /// Tells every member whose record goes soon, once: notes it in the record, and hands a text to the messenger where
    /// there is one. It names the shop's programme and the day, and nobody. Who was told now.
    ///
    /// A member who logged in within the days of notice is left in peace.
    ///
    /// # Errors
    /// [`Refusal::ClockUntrusted`] and the store's.
    pub fn warn_inactive(&self, policy: &RetentionPolicy) -> Result<Vec<Warned>, Refusal> {
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let versions = self.versions();
        let Some(cut) = Cut::at(self.now(), &versions, *policy)? else {
            return Ok(Vec::new());
        };
        let name = versions.latest().map(|programme| programme.name.clone());
        let seen = self.last_log_ins()?;
        let rested = |member: &MemberId| {
            let since = seen.get(member);
            since.is_none_or(|at| at.plus_days(policy.of(Figure::Notice)) <= cut.now)
        };
        let mut warned = Vec::new();
        for (member, account) in self.members_with_accounts() {
            let found = self.look_at(member, account, cut.zone)?;
            let Some((row, idle)) = found else { continue };
            let told = row.warned_at.filter(|at| idle.counts(*at));
            if told.is_some() || !policy.is_to_be_told(idle.since, cut.today) || !rested(&member) {
                continue;
            }
            let Some(erased_on) = policy.erasure_day(idle.since, cut.today) else {
                continue;
            };
            self.member_work(member, move |work| {
                let mut row = work.view().member(member)?;
                row.warned_at = Some(work.now);
                let subject = Some(Handle::from_bytes(row.handle));
                work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
                work.act(Done {
                    actor: Actor::program(),
                    act: Act::Warned,
                    subject,
                    fields: &[],
                    because: ("retention", "legal"),
                })?;
                Ok(())
            })?;
            let told = name
                .as_ref()
                .is_some_and(|name| self.send_notice(&row, name, erased_on));
            warned.push(Warned {
                member,
                erased_on,
                told,
            });
        }
        Ok(warned)
    }

    /// The day on which a member is erased when nothing happens before, for the member's own pages.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] and the store's.
    pub fn warning(&self, member: MemberId) -> Result<Option<Day>, Refusal> {
        let account = self.keys.account_of(member)?;
        let Some(zone) = self.versions().latest().map(|programme| programme.zone) else {
            return Ok(None);
        };
        let policy = self.settings.retention;
        self.read(|view| {
            let row = view.member(member)?;
            planned_erasure(view, &row, account, zone, &policy)
        })
    }

    /// Erases the members whose time is over, through the ordinary path, with its receipt.
    pub(super) fn retain_members(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let mut gone = Destruction::default();
        for (member, account) in self.members_with_accounts() {
            let due = match self.read(|view| {
                let row = view.member(member)?;
                is_own(&row)?;
                planned_erasure(view, &row, account, cut.zone, &cut.policy)
            }) {
                Ok(day) => day.is_some_and(|day| day <= cut.today),
                Err(Refusal::TokenUnknown | Refusal::StoreDamaged) => false,
                Err(refusal) => return Err(refusal),
            };
            if !due {
                continue;
            }
            if !self.trusts_clock() {
                return Err(Refusal::ClockUntrusted);
            }
            if dry || self.erase_idle(member, account)? {
                gone.add(RecordKind::Members, cut.today);
            }
        }
        Ok(gone)
    }

    /// Whether the member is erased. Who bought something this very moment has other points, and stays.
    fn erase_idle(&self, member: MemberId, account: AccountId) -> Result<bool, Refusal> {
        let key = IdempotencyKey::drawn("jifen", &self.entropy.seed());
        let points = self.balance(account)?.balance;
        match self.erase(&key, member, By::Program, points) {
            Ok(_) => Ok(true),
            Err(Refusal::ErasureUnconfirmed { .. } | Refusal::TokenUnknown) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    /// Masks the numbers of identity documents that were kept as long as they may be.
    pub(super) fn retain_identities(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let mut gone = Destruction::default();
        let days = cut.policy.of(Figure::Identity);
        for (member, _) in self.members_with_accounts() {
            let since = match self.read(|view| number_is_kept_since(view, member)) {
                Ok(since) => since.map(|at| cut.zone.day_of(at)),
                Err(Refusal::TokenUnknown | Refusal::StoreDamaged) => None,
                Err(refusal) => return Err(refusal),
            };
            let is_over = |since: &Day| since.plus_days(days).is_some_and(|end| end <= cut.today);
            let Some(since) = since.filter(is_over) else {
                continue;
            };
            if dry {
                gone.add(RecordKind::IdentityNumbers, since);
                continue;
            }
            self.renew_core(member)?;
            let home = super::super::work::home_of(self.keys.account_of(member)?);
            gone.merge(&self.destroy(home, move |work| {
                let mut gone = Destruction::default();
                if mask(work, member, Actor::program())? {
                    gone.add(RecordKind::IdentityNumbers, since);
                }
                Ok(gone)
            })?);
        }
        Ok(gone)
    }

    fn members_with_accounts(&self) -> Vec<(MemberId, AccountId)> {
        let keybox = self.keys.keybox();
        let mut members: Vec<_> = keybox
            .members()
            .into_iter()
            .filter_map(|member| Some((member, keybox.of_member(&member)?.account)))
            .collect();
        members.sort_unstable();
        members
    }

    /// A member's record and since when nothing was bought. None for accounts that nobody registered for, and for records
    /// that do not read: `verify` names those.
    fn look_at(
        &self,
        member: MemberId,
        account: AccountId,
        zone: Zone,
    ) -> Result<Option<(MemberV3, Idle)>, Refusal> {
        let found = self.read(|view| {
            let row = view.member(member)?;
            is_own(&row)?;
            let idle = idle(view, &row, account, zone)?;
            Ok((row, idle))
        });
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Refusal::TokenUnknown | Refusal::StoreDamaged) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// When each member last logged in, as far as log-ins are kept.
    fn last_log_ins(&self) -> Result<BTreeMap<MemberId, Moment>, Refusal> {
        self.read(logins::last_successes)
    }

    /// Hands the notice over, in both languages.
    fn send_notice(&self, row: &MemberV3, name: &Words, day: Day) -> bool {
        let Some(messenger) = self.messenger() else {
            return false;
        };
        let Ok(leave) = decide(&Ask::DuplicateCheck) else {
            return false;
        };
        let profile = row.told.profile.to_profile();
        let text = notice_text(name, day);
        messenger
            .send(profile.mobile.disclose(&leave), &text)
            .is_ok()
    }
}

/// What is sent: the programme and the day, and nothing about anybody.
fn notice_text(name: &Words, day: Day) -> String {
    format!(
        "{}：您长期未购物，会员资料和积分将于 {day} 删除。在此之前登录或购物一次即可保留。\n{}: you have bought nothing for long, and \
         your membership and points will be deleted on {day}. Sign in or buy something before then to keep them.",
        name.zh, name.en
    )
}

/// Passes over a record that lives on in another: it is kept as long as that one.
fn is_own(row: &MemberV3) -> Result<(), Refusal> {
    match row.merged {
        Merged::Into(_) => Err(Refusal::TokenUnknown),
        Merged::No | Merged::Of(_) => Ok(()),
    }
}

/// Since when a member bought nothing.
fn idle(view: &View<'_>, row: &MemberV3, account: AccountId, zone: Zone) -> Result<Idle, Stop> {
    let mut idle = Idle {
        since: zone.day_of(row.told.enrolled_at),
        bought_at: None,
    };
    // What a merged record bought before is in its own entries.
    for account in view.group(account)? {
        let record = view.own_account(account)?;
        let entries = view.own_entries(account, &record.account)?;
        idle.since = last_purchase(&entries).map_or(idle.since, |day| day.max(idle.since));
        let bought_at = entries.iter().find_map(|entry| bought_at(entry, zone));
        idle.bought_at = idle.bought_at.max(bought_at);
    }
    Ok(idle)
}

fn bought_at(entry: &Entry, zone: Zone) -> Option<Moment> {
    if let Movement::Forward(forward) = &entry.movement {
        return forward.last_purchase.map(|day| zone.start_of(day));
    }
    entry.movement.purchase().map(|_| entry.at)
}

/// The day on which a member goes who was told, if nothing happened since.
pub(crate) fn planned_erasure(
    view: &View<'_>,
    row: &MemberV3,
    account: AccountId,
    zone: Zone,
    policy: &RetentionPolicy,
) -> Result<Option<Day>, Stop> {
    let Some(warned_at) = row.warned_at else {
        return Ok(None);
    };
    let idle = idle(view, row, account, zone)?;
    if !idle.counts(warned_at) {
        return Ok(None);
    }
    Ok(policy.erasure_day(idle.since, zone.day_of(warned_at)))
}
