//! What is done to a keybox, line by line, and what may be found after it was cut short.

use super::*;

/// A line of the story.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Add(u16),
    /// Three members at once, in one write.
    Group(u16),
    AddToken(u16),
    Revoke(u16),
    Day(u32),
    DropDays(u32),
    Fold,
    Erase(u16),
    Renew(u16),
    DropOldCore(u16),
    /// The address of a member, under the key with this number.
    AddPostal(u16, u16),
    DropPostal(u16),
    Rotate(u8),
}

pub(super) const STORY: [Act; 28] = [
    Act::Day(1),
    Act::Add(7),
    Act::Group(100),
    Act::AddToken(7),
    Act::Revoke(7),
    Act::Day(2),
    Act::Fold,
    Act::Add(8),
    // In the same bucket as 7, which has no record in this journal.
    Act::Add(71),
    Act::DropDays(2),
    Act::Revoke(101),
    Act::Group(110),
    Act::Fold,
    Act::Fold,
    Act::Day(3),
    Act::AddToken(101),
    Act::Revoke(8),
    Act::Add(9),
    Act::Renew(71),
    Act::Erase(7),
    Act::Renew(71),
    Act::Add(135),
    Act::AddPostal(71, 1),
    Act::DropOldCore(71),
    Act::Rotate(64),
    Act::DropPostal(71),
    Act::Fold,
    Act::Erase(71),
];

pub(super) fn act(keybox: &Keybox, act: Act) -> Result<(), KeyboxError> {
    match act {
        Act::Add(number) => add(keybox, number),
        Act::Group(first) => {
            let change = |number| {
                let change = Change::Member(MemberEntry {
                    keys: keys(number),
                    tokens: vec![active(&card(number), TokenKind::Card)],
                });
                (change, nonce(&keybox.draw))
            };
            let changes = (first..first + 3).map(change).collect();
            let answers = Queue::submit_together(changes, &keybox.writer, &keybox.shelves);
            answers.into_iter().collect()
        }
        Act::AddToken(number) => {
            let (member, hash) = (keys(number).member, sector(number, 4));
            keybox.add_token(member, hash, TokenKind::Sector(4))
        }
        Act::Revoke(number) => keybox.revoke_token(&card(number)),
        Act::Day(day) => keybox.ensure_day(day).map(|_| ()),
        Act::DropDays(day) => keybox.drop_days_before(day),
        Act::Fold => keybox.fold(),
        Act::Erase(number) => keybox.erase(&keys(number).member).map(|_| ()),
        Act::Renew(number) => {
            let member = keys(number).member;
            let found = keybox.of_member(&member);
            let version = found.map_or(1, |keys| keys.core_version());
            let key = Sha256::digest(format!("core {number} {version}"));
            keybox.renew_core(&member, key.into()).map(|_| ())
        }
        Act::DropOldCore(number) => keybox.drop_old_core(&[keys(number).member]).map(|_| ()),
        Act::AddPostal(number, which) => {
            let key = Sha256::digest(format!("postal {number} {which}"));
            keybox.add_postal(&keys(number).member, key.into())
        }
        Act::DropPostal(number) => keybox.drop_postal(&keys(number).member).map(|_| ()),
        Act::Rotate(bucket) => keybox.rotate(bucket).map(|_| ()),
    }
}

/// Whether `found` holds what was answered, and else nothing but what was asked for after that, each whole.
pub(super) fn is_between(found: &State, answered: &State, asked: Option<Act>) -> bool {
    if found == answered {
        return true;
    }
    match asked {
        // A group is many questions: each of them is there or not.
        Some(Act::Group(first)) => {
            let (old, new): (Vec<_>, Vec<_>) = found
                .members
                .iter()
                .partition(|entry| answered.members.contains(entry));
            let asked: Vec<_> = (first..first + 3).map(keys).collect();
            old.len() == answered.members.len()
                && found.days == answered.days
                && new
                    .iter()
                    .all(|entry| asked.contains(&entry.keys) && entry.tokens.len() == 1)
        }
        Some(Act::Day(day)) => {
            // Which key it would have been, only the lost answer said.
            let mut without = found.clone();
            without.days.retain(|(other, _)| *other != day);
            without == *answered
        }
        Some(asked) => {
            let twin = Keybox::in_memory(INSTALL, draw());
            for entry in &answered.members {
                twin.shelves.add(entry.clone()).unwrap();
            }
            for (day, key) in &answered.days {
                twin.shelves.add_day(*day, key.clone()).unwrap();
            }
            act(&twin, asked).unwrap();
            let twin = state(&twin);
            found.members == twin.members && found.days == twin.days
        }
        None => false,
    }
}
