//! What is declared about a field of personal data, once: the words for it, and nothing that knows a member.

use super::Field;
use super::retention::Retention;
use crate::policy::notice::Language;

/// What kind of data it is (COL-05). Each of the classes of the seeds maps to one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// 基本信息
    Basic,
    /// 身份信息
    Identity,
    /// 联系信息
    Contact,
    /// 账户信息
    Account,
    /// 交易信息
    Transaction,
    /// 行为信息
    Behaviour,
    /// 服务信息
    Service,
    /// 反馈信息
    Feedback,
}

impl Class {
    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Identity => "identity",
            Self::Contact => "contact",
            Self::Account => "account",
            Self::Transaction => "transaction",
            Self::Behaviour => "behaviour",
            Self::Service => "service",
            Self::Feedback => "feedback",
        }
    }
}

/// How strictly it is protected (COL-05): the strictest of the levels that the seeds assign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 一级: the strictest.
    One,
    /// 二级
    Two,
    /// 三级
    Three,
}

impl Level {
    /// 1, 2 or 3.
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

/// Why it is kept (COL-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The membership itself: points, tier and discounts.
    Membership,
    /// That nobody else uses the account.
    Security,
    /// That the member can see and prove what was agreed and done.
    Rights,
    /// Letters and catalogues by post.
    DirectMail,
    /// One operation that needs to know who somebody is.
    Identity,
}

impl Why {
    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Security => "security",
            Self::Rights => "member_rights",
            Self::DirectMail => "direct_mail",
            Self::Identity => "identity_check",
        }
    }

    /// For people.
    pub const fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Membership, Language::Zh) => "提供会员服务",
            (Self::Security, Language::Zh) => "保护账户安全",
            (Self::Rights, Language::Zh) => "证明约定、保障会员权利",
            (Self::DirectMail, Language::Zh) => "邮寄资料",
            (Self::Identity, Language::Zh) => "办理须核对身份的业务",
            (Self::Membership, Language::En) => "to provide the membership",
            (Self::Security, Language::En) => "to keep the account safe",
            (Self::Rights, Language::En) => "to prove what was agreed and to serve your rights",
            (Self::DirectMail, Language::En) => "to send mail by post",
            (Self::Identity, Language::En) => "to check who you are where an operation needs it",
        }
    }
}

/// By what right it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The membership agreement.
    Agreement,
    /// A consent of its own, which can be taken back.
    Consent,
    /// A law or a rule that asks for it.
    Law,
}

impl Basis {
    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Consent => "consent",
            Self::Law => "law",
        }
    }

    /// For people.
    pub const fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Agreement, Language::Zh) => "会员规约",
            (Self::Consent, Language::Zh) => "您的单独同意",
            (Self::Law, Language::Zh) => "法律法规要求",
            (Self::Agreement, Language::En) => "the membership agreement",
            (Self::Consent, Language::En) => "your separate consent",
            (Self::Law, Language::En) => "required by law",
        }
    }
}

/// Under which of a member's keys it is sealed (privacy §2): an erasure destroys the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Who the member is.
    Core,
    /// Where letters go.
    Postal,
    /// The account and what happened to it.
    History,
    /// None: it stands in the keybox itself, in memory alone, or under the key of its day. An erasure takes away what
    /// leads from it to the person.
    None,
}

/// How a screen shows it unless the clear value is needed (SEC-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mask {
    /// As it is: it says nothing about who somebody is.
    Plain,
    /// The first character.
    Name,
    /// The first three and the last four digits.
    Mobile,
    /// The first six and the last four characters.
    Identity,
    /// The last four digits.
    Card,
    /// Nothing of it.
    Hidden,
}

/// Whether a member takes it along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Export {
    /// It stands in the view and in the copy.
    Yes,
    /// It is kept and not shown, for this reason.
    No(Withheld),
}

/// Why a field is kept and not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// Whoever has it can try PINs or set a new one.
    Secret,
    /// It says something about another person.
    AboutOthers,
    /// A number of the program's own, drawn by chance, that says nothing.
    Internal,
    /// What it says stands under other fields already.
    Repeated,
}

impl Withheld {
    /// For people.
    pub const fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Secret, Language::Zh) => "用于核对的秘密值；交出会危及您的账户。",
            (Self::AboutOthers, Language::Zh) => "涉及他人的信息。",
            (Self::Internal, Language::Zh) => "程序内部的随机编号，不含任何信息。",
            (Self::Repeated, Language::Zh) => "同样的内容已列在其他项目中。",
            (Self::Secret, Language::En) => {
                "A secret that is checked against; handing it out would endanger your account."
            }
            (Self::AboutOthers, Language::En) => "It is about another person.",
            (Self::Internal, Language::En) => "A random number of the program; it says nothing.",
            (Self::Repeated, Language::En) => "What it says is listed under other fields already.",
        }
    }
}

/// Whether a person is asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The form cannot be sent without it (COL-01).
    Required,
    /// A member may give it; nothing else depends on it. What is missing without it, in Chinese and in English (COL-07,
    ///
    Optional(&'static str, &'static str),
    /// This shop does not ask for it and keeps none (COL-01, X-02); otherwise as above.
    Off(&'static str, &'static str),
    /// Nobody is asked: it comes about by the membership.
    Kept,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A text.
    Text,
    /// A time, as RFC 3339.
    Time,
    /// A whole number.
    Whole,
    /// Yes or no.
    Flag,
    /// Texts.
    Texts,
    /// Some of the fields that are its parts.
    Record,
    /// Any number of such records.
    Records,
}

/// All that is declared about one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// What kind of data it is.
    pub class: Class,
    /// How strictly it is protected.
    pub level: Level,
    /// Why it is kept.
    pub why: Why,
    /// By what right.
    pub basis: Basis,
    /// For how long.
    pub retention: Retention,
    /// Under which key.
    pub group: Group,
    /// How it is shown.
    pub mask: Mask,
    /// Whether the member takes it along.
    pub export: Export,
    /// Whether a person is asked for it.
    pub need: Need,
    /// What it looks like.
    pub shape: Shape,
    /// The field that it is a part of.
    pub part_of: Option<Field>,
}

impl Declaration {
    /// With this class and level.
    pub(super) const fn class(self, class: Class, level: Level) -> Self {
        Self {
            class,
            level,
            ..self
        }
    }

    /// Kept for this, by this right.
    pub(super) const fn because(self, why: Why, basis: Basis) -> Self {
        Self { why, basis, ..self }
    }

    /// Kept for so long.
    pub(super) const fn kept(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Sealed under this key.
    pub(super) const fn under(self, group: Group) -> Self {
        Self { group, ..self }
    }

    /// Shown so.
    pub(super) const fn mask(self, mask: Mask) -> Self {
        Self { mask, ..self }
    }

    /// Kept and not shown.
    pub(super) const fn withheld(self, why: Withheld) -> Self {
        Self {
            export: Export::No(why),
            ..self
        }
    }

    /// Asked for so.
    pub(super) const fn need(self, need: Need) -> Self {
        Self { need, ..self }
    }

    /// Of this shape.
    pub(super) const fn shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// A part of that field.
    pub(super) const fn of(self, whole: Field) -> Self {
        Self {
            part_of: Some(whole),
            ..self
        }
    }
}
