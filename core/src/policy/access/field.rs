//! The fields that a right is about, as the requirements name them (§21), each with its place in the catalogue (COL-05).

use crate::policy::catalogue::{Field, Level};

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
    /// The field of the catalogue that it stands for: with it come those that are its parts.
    pub const fn field(self) -> Field {
        match self {
            Self::Name => Field::Name,
            Self::Mobile => Field::Mobile,
            Self::Address => Field::Address,
            Self::Postcode => Field::Postcode,
            Self::Identity => Field::IdentityNumber,
            Self::Credential => Field::PinVerifier,
            Self::CardNumber => Field::Card,
            Self::State => Field::AccountState,
            Self::Tier => Field::Tier,
            Self::Points => Field::Balance,
            Self::Purchases => Field::Sales,
            Self::Consents => Field::Consents,
            Self::Feedback => Field::Tickets,
            Self::LogIns => Field::Logins,
            Self::Language => Field::Language,
        }
    }

    /// How strictly it is kept, as the catalogue says.
    pub const fn level(self) -> Level {
        self.field().declaration().level
    }
}
