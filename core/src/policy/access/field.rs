//! The fields that a right is about, each with its level. One plain list, as the requirements name them (COL-05, §21).

/// How strictly a field is kept: 1 is the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Identity documents, credentials.
    One,
    /// Everything that names a person or says what they did.
    Two,
    /// Preferences.
    Three,
}

impl Level {
    /// Its number.
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

named! {
    /// A field of a member's record that staff may be granted.
    FieldName {
        /// What the member is called.
        Name => "name", "姓名", "name";
        /// The mobile number.
        Mobile => "mobile", "手机号", "mobile number";
        /// The postal address.
        Address => "address", "地址", "address";
        /// Its postcode.
        Postcode => "postcode", "邮编", "postcode";
        /// The number of an identity document.
        Identity => "identity", "证件号码", "identity number";
        /// PIN or passphrase: a verifier, which nobody reads.
        Credential => "credential", "密码", "PIN";
        /// The card number.
        CardNumber => "card_number", "会员卡号", "card number";
        /// The state of the account, sanctions with it.
        State => "state", "账户状态", "account state";
        /// The tier.
        Tier => "tier", "会员等级", "tier";
        /// Points, and what is owed.
        Points => "points", "积分", "points";
        /// Purchases.
        Purchases => "purchases", "消费记录", "purchases";
        /// What the member agreed to.
        Consents => "consents", "同意记录", "consents";
        /// Enquiries and complaints.
        Feedback => "feedback", "咨询投诉", "enquiries and complaints";
        /// Log-ins.
        LogIns => "log_ins", "登录记录", "log-ins";
        /// The language that the member is addressed in.
        Language => "language", "语言偏好", "language";
    }
}

impl FieldName {
    /// How strictly it is kept (requirements §21).
    pub const fn level(self) -> Level {
        match self {
            Self::Identity | Self::Credential => Level::One,
            Self::Name
            | Self::Mobile
            | Self::Address
            | Self::Postcode
            | Self::CardNumber
            | Self::State
            | Self::Tier
            | Self::Points
            | Self::Purchases
            | Self::Consents
            | Self::Feedback
            | Self::LogIns => Level::Two,
            Self::Language => Level::Three,
        }
    }
}
