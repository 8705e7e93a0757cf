//! Consent as kept: events for each purpose, with all that proves them (CON-02), and what they come to now.

use serde::{Deserialize, Serialize};

use super::notice::{Language, Notice, Shown};
use super::purpose::Purpose;
use crate::domain::time::Moment;

/// After a refusal or a withdrawal nobody asks again for so many days of 24 hours.
pub const QUIET_DAYS: u32 = 90;
/// The longest name of a device, in bytes.
pub const DEVICE_MAX: usize = 64;

/// What a person answered. Stored events spell it by its place, so a new one goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Decision {
    /// 同意
    Given,
    /// 不同意: the box was left empty, too.
    Refused,
    /// 撤回同意
    Withdrawn,
}

impl Decision {
    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How it was answered (R40 一(三): 书面签字、电子勾选、弹窗确认). Stored by its place, so a new one goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// A box, ticked or left empty.
    Tick,
    /// A question of its own on the screen.
    Popup,
    /// A signature on paper.
    Paper,
}

impl Channel {
    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Popup => "popup",
            Self::Paper => "paper",
        }
    }
}

/// How, where and when a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<'a> {
    /// The language the text was shown in.
    pub language: Language,
    /// How.
    pub channel: Channel,
    /// The kiosk or desk: 1 to [`DEVICE_MAX`] bytes without control characters.
    pub device: &'a str,
    /// When.
    pub at: Moment,
}

/// One answer about one purpose, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentEvent {
    /// What for: never [`Purpose::Membership`].
    pub purpose: Purpose,
    /// The answer.
    pub decision: Decision,
    /// The version of the notice that was shown.
    pub notice_version: String,
    /// SHA-256 of the exact text beside the box ([`Notice::text_hash`]).
    pub text_hash: [u8; 32],
    /// The language it was shown in.
    pub language: Language,
    /// How it was answered.
    pub channel: Channel,
    /// The kiosk or desk.
    pub device: String,
    /// When.
    pub at: Moment,
}

impl ConsentEvent {
    /// An answer to what this notice asks.
    pub fn new(
        notice: &Notice,
        purpose: Purpose,
        decision: Decision,
        answered: &Answered<'_>,
    ) -> Result<Self, ConsentError> {
        if !purpose.is_optional() {
            return Err(ConsentError::NotOptional);
        }
        let device = answered.device;
        let is_named = (1..=DEVICE_MAX).contains(&device.len());
        if !is_named || device.chars().any(char::is_control) {
            return Err(ConsentError::BadDevice);
        }
        Ok(Self {
            purpose,
            decision,
            notice_version: notice.version().to_owned(),
            text_hash: notice.text_hash(Shown::Consent(purpose), answered.language),
            language: answered.language,
            channel: answered.channel,
            device: device.to_owned(),
            at: answered.at,
        })
    }
}

/// The events of a registration, one for each optional purpose. `answers` are the boxes of the form by their words, and
/// whether they are ticked; a box that is not there counts as left empty. Refusing all is fine (CON-03).
pub fn at_registration(
    notice: &Notice,
    answers: &[(&str, bool)],
    language: Language,
    device: &str,
    now: Moment,
) -> Result<Vec<ConsentEvent>, ConsentError> {
    let mut boxes = Vec::with_capacity(answers.len());
    for (word, is_ticked) in answers {
        let purpose = Purpose::of_word(word).ok_or(ConsentError::UnknownPurpose)?;
        if !purpose.is_optional() {
            return Err(ConsentError::NotOptional);
        }
        if boxes.iter().any(|(earlier, _)| *earlier == purpose) {
            return Err(ConsentError::AnsweredTwice);
        }
        boxes.push((purpose, *is_ticked));
    }
    let answered = Answered {
        language,
        channel: Channel::Tick,
        device,
        at: now,
    };
    let events = Purpose::OPTIONAL.into_iter().map(|purpose| {
        let decision = if boxes.contains(&(purpose, true)) {
            Decision::Given
        } else {
            Decision::Refused
        };
        ConsentEvent::new(notice, purpose, decision, &answered)
    });
    events.collect()
}

/// All answers of one member, the earliest first. What was answered stays: nothing is taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    events: Vec<ConsentEvent>,
}

/// Where a purpose stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody asked yet: data is not used for it.
    NotAsked,
    /// Data may be used for it.
    Given,
    /// Given under another version of the notice: data is not used for it until the member has answered to this one.
    Suspended,
    /// Data is not used for it.
    Refused,
    /// Data is no longer used for it (CON-05).
    Withdrawn,
}

impl Standing {
    /// Whether data may be used.
    pub const fn is_given(self) -> bool {
        match self {
            Self::Given => true,
            Self::NotAsked | Self::Suspended | Self::Refused | Self::Withdrawn => false,
        }
    }
}

impl ConsentRecord {
    /// All events, the earliest first.
    pub fn events(&self) -> &[ConsentEvent] {
        &self.events
    }

    /// Adds an answer, which is the one that counts from now on.
    pub fn add(&mut self, event: ConsentEvent) {
        self.events.push(event);
    }

    /// Where a purpose stands while this version of the notice is the current one. Membership is never asked for here.
    pub fn standing(&self, purpose: Purpose, notice_version: &str) -> Standing {
        match self.last(purpose) {
            None => Standing::NotAsked,
            Some(event) => match event.decision {
                Decision::Given if event.notice_version == notice_version => Standing::Given,
                Decision::Given => Standing::Suspended,
                Decision::Refused => Standing::Refused,
                Decision::Withdrawn => Standing::Withdrawn,
            },
        }
    }

    /// Whether the member may be asked. Not for [`QUIET_DAYS`] after the last refusal or withdrawal, a new notice or not,
    /// and never for membership. A member may change their mind at any time without being asked.
    pub fn may_ask(&self, purpose: Purpose, now: Moment) -> bool {
        let is_quiet = self
            .last(purpose)
            .is_some_and(|event| match event.decision {
                Decision::Given => false,
                Decision::Refused | Decision::Withdrawn => now < event.at.plus_days(QUIET_DAYS),
            });
        purpose.is_optional() && !is_quiet
    }

    /// The answer that counts: the one added last.
    fn last(&self, purpose: Purpose) -> Option<&ConsentEvent> {
        self.events
            .iter()
            .rev()
            .find(|event| event.purpose == purpose)
    }
}

impl From<Vec<ConsentEvent>> for ConsentRecord {
    /// The record that begins with these events, such as those of a registration.
    fn from(events: Vec<ConsentEvent>) -> Self {
        Self { events }
    }
}

/// Why an answer about consent is refused, in the order of checking. None of them says what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// There is no such purpose.
    #[error("there is no such purpose")]
    UnknownPurpose,
    /// Membership is not something to be ticked: it rests on the agreement.
    #[error("membership is not an optional purpose")]
    NotOptional,
    /// The same purpose twice.
    #[error("a purpose was answered twice")]
    AnsweredTwice,
    /// The device has no name, or one that is too long or unreadable.
    #[error("the device has no usable name")]
    BadDevice,
}

impl ConsentError {
    /// The word for machines: never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownPurpose => "purpose_unknown",
            Self::NotOptional => "purpose_not_optional",
            Self::AnsweredTwice => "purpose_answered_twice",
            Self::BadDevice => "bad_device",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::UnknownPurpose => "没有这一项使用目的。",
            Self::NotOptional => "会员服务依据会员规约，无需单独勾选同意。",
            Self::AnsweredTwice => "同一项使用目的只能回答一次。",
            Self::BadDevice => "设备名称为空、过长或含有控制字符。",
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::UnknownPurpose => "There is no such purpose.",
            Self::NotOptional => {
                "Membership rests on the agreement and needs no consent of its own."
            }
            Self::AnsweredTwice => "A purpose can be answered once only.",
            Self::BadDevice => "The device's name is empty, too long, or has a control character.",
        }
    }
}

#[cfg(test)]
mod tests;
