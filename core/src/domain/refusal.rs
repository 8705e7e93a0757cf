//! Every "no" of the engine, with its code. A code is a promise to tills: added, never changed.

use serde::{Deserialize, Serialize};

use super::basket::BasketError;
use super::points::Points;
use super::redeem::RedeemError;

/// When a caller may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// The same command will never succeed; a corrected one comes under a new key. These are remembered.
    Never,
    /// Ask again with the same key: the outcome is not known, or nothing was done.
    SameKey,
    /// Nothing was done; try later.
    Later,
}

/// Where an account stands (MEM-05, MEM-06; semantics 37).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountState {
    /// May earn, not redeem.
    Pending,
    /// May do all.
    Active,
    /// May do all.
    Warned,
    /// May earn; no redemption and no member's discount.
    Restricted,
    /// May do none of these.
    Suspended,
}

impl core::fmt::Display for AccountState {
    /// The word for it in codes and logs.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Warned => "warned",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
        })
    }
}

impl AccountState {
    /// Whether purchases earn points.
    pub const fn may_earn(self) -> bool {
        match self {
            Self::Pending | Self::Active | Self::Warned | Self::Restricted => true,
            Self::Suspended => false,
        }
    }

    /// Whether points may be used.
    pub const fn may_redeem(self) -> bool {
        match self {
            Self::Active | Self::Warned => true,
            Self::Pending | Self::Restricted | Self::Suspended => false,
        }
    }

    /// Whether a member's discount may be taken.
    pub const fn may_take_discounts(self) -> bool {
        match self {
            Self::Pending | Self::Active | Self::Warned => true,
            Self::Restricted | Self::Suspended => false,
        }
    }
}

macro_rules! refusals {
    ($( $(#[$doc:meta])* $name:ident $({ $($field:ident : $type:ty),* })? => $code:literal, $retry:ident, $zh:literal, $en:literal; )*) => {
        /// Why a command was refused, in the order shape, existence, rule, store. Stored answers spell a variant by its
        /// place, so a new one goes to the end.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Refusal { $( $(#[$doc])* $name $({ $(#[doc = "The figure that the sentence names."] $field: $type),* })?, )* }

        impl Refusal {
            /// The code: lowercase, stable for ever.
            pub const fn code(&self) -> &'static str {
                match self { $( Self::$name $({ $($field: _),* })? => $code, )* }
            }

            /// When the caller may try again.
            pub const fn retry(&self) -> Retry {
                match self { $( Self::$name $({ $($field: _),* })? => Retry::$retry, )* }
            }

            /// The sentence in Chinese.
            pub fn zh(&self) -> String {
                match self { $( Self::$name $({ $($field),* })? => format!($zh $( $(, $field = $field)* )?), )* }
            }

            /// The sentence in English.
            pub fn en(&self) -> String {
                match self { $( Self::$name $({ $($field),* })? => format!($en $( $(, $field = $field)* )?), )* }
            }

            /// Every code there is, in the order of checking.
            pub const CODES: &'static [&'static str] = &[ $( $code, )* ];
        }
    };
}

refusals! {
    /// No lines.
    BasketEmpty => "basket_empty", Never, "购物篮是空的。", "The basket is empty.";
    /// More than 2,000 lines.
    TooManyLines => "too_many_lines", Never, "商品行超过 2000 行。", "The basket has more than 2,000 lines.";
    /// A label is empty, too long or unreadable.
    BadLabel { line: u32 } => "bad_label", Never, "第 {line} 行的商品、部门或类别为空、过长或含有控制字符。", "Line {line}: the product, department or category is empty, too long, or has a control character.";
    /// A negative line is a refund.
    NegativeAmount { line: u32 } => "negative_amount", Never, "第 {line} 行金额为负：退货请用退款交易。", "Line {line} is negative: send a refund instead.";
    /// Above what the engine takes.
    AmountTooLarge => "amount_too_large", Never, "金额或数量超出上限。", "An amount or quantity is above the limit.";
    /// A store, till or receipt number that cannot be one.
    BadReceipt => "bad_receipt", Never, "门店、收银机或小票号为空、过长或含有控制字符。", "The store, till or receipt number is empty, longer than 48 bytes, or has a control character.";
    /// A terminal name or idempotency key that cannot be one.
    BadKey => "bad_key", Never, "幂等键或终端名称不正确。", "The idempotency key or the terminal's name is not a valid one.";
    /// A time outside the calendar.
    BadTime => "bad_time", Never, "时间不正确。", "The time is outside the calendar.";
    /// A reason or actor is missing or too long.
    BadReason => "bad_reason", Never, "须填写理由和经办人，且不超过 200 个字节。", "A reason and an actor of at most 200 bytes each are needed.";
    /// A refund names no line, or a line with nothing in it.
    NothingToRefund => "nothing_to_refund", Never, "退款没有内容。", "The refund names nothing to take back.";

    /// The same key with another body, or the same receipt with another body.
    KeyReused => "key_reused", Never, "此幂等键或小票号已用于另一笔不同的交易。", "This key or receipt number was used for a different command.";
    /// No such member. The words are the same whatever the cause.
    TokenUnknown => "token_unknown", SameKey, "未找到会员。", "No such member.";
    /// The account exists.
    AccountExists => "account_exists", Never, "账户已存在。", "The account exists already.";
    /// No such sale of this member.
    SaleUnknown => "sale_unknown", Never, "未找到这笔交易。", "No such sale.";
    /// No such hold of this member.
    HoldUnknown => "hold_unknown", Never, "未找到该预扣。", "No such hold.";
    /// No such line in the sale.
    LineUnknown { line: u32 } => "line_unknown", Never, "交易中没有第 {line} 行。", "The sale has no line {line}.";
    /// No such command to undo.
    OperationUnknown => "operation_unknown", Never, "未找到要撤销的交易。", "There is no such operation to undo.";
    /// This kind of command cannot be undone.
    NotReversible => "not_reversible", Never, "这类交易不能撤销。", "This kind of operation cannot be undone.";

    /// The account's state forbids it.
    StateForbids { state: AccountState } => "state_forbids", Never, "会员当前状态（{state}）不允许此操作。", "The member's state ({state}) does not allow this.";
    /// No programme was valid then.
    BeforeProgramme => "before_programme", Never, "该时间没有有效的会员制度。", "No programme was valid at that time.";
    /// Too old to be taken.
    TooOld { days: u32 } => "too_old", Never, "交易早于 {days} 天，不再受理。", "The sale is older than {days} days and is no longer taken.";
    /// Ahead of the clock.
    InFuture => "in_future", Never, "销售时间晚于当前时间。", "The time of the sale lies in the future.";
    /// The programme has no redemption.
    NotOffered => "not_offered", Never, "本会员制度不提供积分抵扣。", "The programme does not offer this.";
    /// Fewer points than the minimum.
    BelowMinimum { least: Points } => "below_minimum", Never, "至少须使用 {least} 积分。", "At least {least} points must be used.";
    /// Not a multiple of the step.
    NotAMultiple { step: i64 } => "not_a_multiple", Never, "积分须为 {step} 的整数倍。", "Points are used in multiples of {step}.";
    /// So few points are worth 0.00.
    WorthNothing => "worth_nothing", Never, "这些积分不足以抵扣最小金额。", "So few points are worth nothing.";
    /// More than points may pay for.
    AboveShare { most: Points } => "above_share", Never, "此交易最多可用 {most} 积分。", "At most {most} points may be used here.";
    /// More than there is.
    NotEnough { available: Points } => "not_enough_points", Never, "可用积分为 {available}，不足。", "Only {available} points are available.";
    /// Too many open holds.
    TooManyHolds => "too_many_holds", Never, "未完成的预扣过多。", "There are too many open holds.";
    /// The hold's time is over.
    HoldLapsed => "hold_lapsed", Never, "预扣已失效。", "The hold has lapsed.";
    /// The hold was captured before.
    HoldCaptured => "hold_captured", Never, "预扣已经使用。", "The hold was captured already.";
    /// The hold was voided before.
    HoldVoided => "hold_voided", Never, "预扣已经撤销。", "The hold was voided already.";
    /// More than the hold has.
    ExceedsHold { held: Points } => "exceeds_hold", Never, "超过预扣的 {held} 积分。", "More than the {held} points held.";
    /// Already used for another sale.
    HoldUsed => "hold_used", Never, "该预扣已用于另一笔交易。", "The hold belongs to another sale.";
    /// Points worth more than the lines they may pay for.
    HoldTooLarge { most: Points } => "hold_too_large", Never, "已扣积分的价值超过本单可抵扣金额（最多 {most} 积分）。", "The captured points are worth more than they may pay for here (at most {most} points).";
    /// More than was sold.
    RefundTooMuch { line: u32 } => "refund_too_much", Never, "第 {line} 行退款超过所售。", "Line {line}: more than was sold, less what was refunded before.";
    /// The line has no quantity.
    AmountOnly { line: u32 } => "refund_by_amount_only", Never, "第 {line} 行数量为 0，只能按金额退。", "Line {line} has quantity 0 and is refunded by amount only.";
    /// The line has no price.
    QuantityOnly { line: u32 } => "refund_by_quantity_only", Never, "第 {line} 行金额为 0，只能按数量退。", "Line {line} has amount 0.00 and is refunded by quantity only.";
    /// More points than were used.
    ReturnTooMuch { left: Points } => "return_too_much", Never, "最多可退回 {left} 积分。", "At most {left} points can be given back.";
    /// A void on a later day is a refund.
    NotSameDay => "not_same_day", Never, "只能在同一营业日内作废；之后请退款。", "A void is for the same business day; later it is a refund.";
    /// Undone before.
    AlreadyReversed => "already_reversed", Never, "该交易已撤销。", "The operation was undone already.";
    /// It needs two people: adjustments above the limit, and what staff do with members' data (ACC-04).
    SecondPersonNeeded => "second_person_needed", Never, "此操作须由另一人批准。", "This needs the approval of a second person.";
    /// An adjustment of nothing.
    NothingToAdjust => "nothing_to_adjust", Never, "调整积分不能为 0。", "An adjustment of 0 points changes nothing.";

    /// Too much at once.
    Busy => "try_again", Later, "系统繁忙，请稍后再试。", "The engine is busy; try again.";
    /// The commit failed.
    Unknown => "outcome_unknown", SameKey, "结果未知：请用同一幂等键再次查询。", "The outcome is not known: ask again with the same key.";
    /// The store needs help.
    StoreDamaged => "store_damaged", Later, "数据文件损坏，请联系管理员。", "The store is damaged; nothing was changed. Call the operator.";
    /// The disk is full.
    StoreFull => "disk_full", Later, "磁盘已满，未作任何更改。", "The disk is full; nothing was changed.";
    /// The store's file cannot be used.
    StoreInUse => "store_in_use", Later, "数据文件正被另一个进程使用。", "Another process uses the store.";
    /// The store's file cannot be read or written.
    StoreFailed => "store_failed", SameKey, "无法读写数据文件。", "The store cannot be read or written.";
    /// The clock jumped, or was wrong at the start.
    ClockUntrusted => "clock_untrusted", Later, "时钟不可信，须由管理员确认。", "The clock cannot be trusted until an operator confirms it.";
    /// A request that was recorded, or one that comes too late.
    SequenceStale => "sequence_stale", SameKey, "该请求序号已使用或过旧：请用同一幂等键和新的序号重新签名。", "The sequence number was used or is too old: sign again with the same key and a new number.";
    /// A card identifies and earns; points are used with a code.
    CodeNeeded => "code_needed", Never, "使用积分须出示会员的动态码或八位码，仅凭会员卡不可。", "Points are used with the member's code; the card alone does not allow it.";
    /// The keys belong to another installation.
    OtherInstall => "other_install", Never, "数据目录与密钥目录不属于同一次安装。", "The data folder and the keys belong to different installations.";
    /// The keys cannot be written.
    KeysFailed => "keys_failed", SameKey, "无法写入密钥，未作任何更改。", "The keys cannot be written; nothing was changed.";

    /// Not a name.
    BadName => "bad_name", Never, "请填写姓名：1 至 40 个字。", "Please give a name of 1 to 40 characters.";
    /// Not a mobile number.
    BadMobile => "bad_mobile", Never, "手机号码不正确，请检查位数。", "This is not a mobile number; please check its digits.";
    /// Neither six digits nor a passphrase.
    PinShape => "pin_shape", Never, "密码须为 6 位数字，或 8 至 64 个字符的口令。", "The PIN is six digits, or a passphrase of 8 to 64 characters.";
    /// One of the PINs that are tried first.
    PinCommon => "pin_common", Never, "这个密码太容易被猜到，请换一个。", "This PIN is too easy to guess; please choose another.";
    /// The agreement was not accepted, or not in its current version.
    AgreementNeeded => "agreement_needed", Never, "须先同意现行的会员规约。", "The current member agreement must be accepted first.";
    /// Not confirmed to be 18 or older.
    AgeNeeded => "age_needed", Never, "须年满 18 周岁并确认，方可入会。", "Members are at least 18 years old and confirm it.";
    /// Another version of the notice was shown.
    NoticeOutdated => "notice_outdated", Never, "告知书已更新，请重新阅读。", "The notice has changed; please read it again.";
    /// Consent for a purpose that is not asked, or twice.
    BadConsent => "bad_consent", Never, "同意事项不正确。", "A consent names no purpose that is asked for, or names it twice.";
    /// Card and PIN do not fit. The words are the same whatever the cause.
    SignInFailed => "sign_in_failed", Never, "会员号或密码不正确。", "The card number or the PIN is wrong.";
    /// Too many wrong attempts.
    SignInLocked { seconds: i64 } => "sign_in_locked", Later, "尝试次数过多，请在 {seconds} 秒后再试。", "Too many attempts; please try again in {seconds} seconds.";
    /// A terminal's name that cannot be one.
    BadTerminal => "bad_terminal", Never, "收银终端名称须为 1 至 48 个字母、数字、点、下划线或连字符。", "A terminal's name is 1 to 48 letters, digits, dots, underscores or hyphens.";
    /// The terminal exists.
    TerminalExists => "terminal_exists", Never, "终端已存在。", "The terminal exists already.";
    /// No such terminal, or a revoked one.
    TerminalUnknown => "terminal_unknown", Never, "没有这个终端，或已被停用。", "There is no such terminal, or it was revoked.";
    /// Not JSON, or not the fields that are asked for: unknown ones are refused (COL-02).
    BadRequest => "bad_request", Never, "请求不是有效的 JSON，或缺少字段，或含有未知字段。", "The request is not valid JSON, lacks a field, or has an unknown one.";
    /// Nobody is signed in.
    SignInNeeded => "sign_in_needed", Never, "请先以会员号和密码登录。", "Please sign in with card number and PIN first.";
    /// No notice was published.
    NoNotice => "no_notice", Later, "尚未发布告知书。", "No notice has been published yet.";
    /// The member was shown other points than would be lost.
    ErasureUnconfirmed { points: Points } => "erasure_unconfirmed", Never, "注销将清零 {points} 积分，须由会员确认这一数目。", "Leaving forfeits {points} points; the member has to confirm this number.";
    /// Not a postal address.
    BadAddress => "bad_address", Never, "请填写通信地址（1 至 200 个字）；邮编只含字母、数字、空格和连字符。", "Please give a postal address of 1 to 200 characters; a postcode has letters, digits, spaces and hyphens.";
    /// The purpose has no standing consent.
    ConsentNeeded => "consent_needed", Never, "须先同意该用途，才能保存此项信息。", "This is kept only after a consent to its purpose.";
    /// The keys are of an earlier state than the audit.
    KeysTooOld => "keys_too_old", Never, "密钥比审计记录旧：其中可能有已销毁的密钥，拒绝使用。", "The keys are older than the audit: they may hold keys that were destroyed, and are not used.";
    /// Too many wrong codes from this till or kiosk. Whether the next one is right is not looked at.
    SlowDown { seconds: i64 } => "slow_down", Later, "错误次数过多，请在 {seconds} 秒后再试。", "Too many wrong codes from here; please try again in {seconds} seconds.";
    /// No terminal has declared this sector.
    SectorUnknown => "sector_unknown", Never, "没有这个业务范围。", "There is no such sector.";
    /// A code that was sent to a phone is not this one, or there is none. The words are the same whatever the cause.
    CodeWrong => "code_wrong", Never, "验证码不正确或已失效。", "The code is wrong, or it is no longer valid.";
    /// Another phone is taken once the code that was sent to it is given.
    PhoneCodeNeeded => "phone_code_needed", Never, "更换手机号须填写发到新号码的验证码。", "Another phone is taken with the code that was sent to it.";
    /// The phone is verified.
    AlreadyVerified => "already_verified", Never, "该手机号已验证。", "The phone is verified already.";
    /// A phone gets three codes an hour.
    TooManyCodes => "too_many_codes", Later, "向该手机发送的验证码过多，请一小时后再试。", "Too many codes were sent to this phone; please try again in an hour.";
    /// There is no messenger, or it took nothing.
    NotSent => "message_not_sent", Later, "验证码未能发出，请稍后再试。", "The code could not be sent; please try again later.";
    /// No such request, or a wrong reference. The words are the same whatever the cause.
    TicketUnknown => "ticket_unknown", Never, "没有这个受理编号，或查询码不正确。", "There is no such number, or the reference is wrong.";
    /// Not a text of a request or a reply.
    BadTicketText => "bad_ticket_text", Never, "请填写内容：1 至 2000 个字，除换行外不含控制字符。", "Please write 1 to 2,000 characters, without control characters other than line feeds.";
    /// Not a way to reach somebody.
    BadContact => "bad_contact", Never, "联系方式须为一行，1 至 100 个字。", "A contact is one line of 1 to 100 characters.";
    /// The request is over.
    TicketClosed => "ticket_closed", Never, "该请求已办结。", "The request is closed.";
    /// Nobody has answered.
    ReplyNeeded => "reply_needed", Never, "办结前须有答复。", "A request is closed with a reply.";
    /// The member does not agree to this use (CON-06).
    UseNotConsented => "use_not_consented", Never, "会员未同意将信息用于该目的，未使用任何信息。", "The member does not agree to this purpose; nothing was used.";
    /// The records of that time were destroyed when their time was over (RET-02).
    NotKept => "not_kept", Never, "该时间的记录已超过保存期限，不再保存。", "Records of that time are past their keeping and are no longer there.";
    /// Sales would be destroyed while a refund may still name them.
    RetentionTooShort => "retention_too_short", Never, "交易的保存期限短于会员制度的退货期限，不能清理。", "Sales would be kept for less than the programme's refund window, so nothing is swept.";
    /// Not the number of an identity document (RET-05).
    BadIdentity => "bad_identity", Never, "证件号码有误：应为 18 位居民身份证号码或护照号码。", "This is not the number of an identity card (18 characters) or a passport.";
    /// Name, password and code of the staff do not fit. The words are the same whatever the cause.
    StaffSignInFailed => "staff_sign_in_failed", Never, "账号、密码或动态码不正确。", "The name, the password or the code is wrong.";
    /// Nobody of the staff is signed in.
    StaffSignInNeeded => "staff_sign_in_needed", Never, "请先以员工账号登录。", "Please sign in with a staff account first.";
    /// The table of rights grants no such thing (ACC-01).
    NotGranted => "not_granted", Never, "您的岗位无权进行此操作。", "Your role does not allow this.";
    /// A role that would grant it is not valid now.
    GrantExpired => "grant_expired", Never, "您的这项授权不在有效期内，或不适用于本店。", "Your grant for this is not valid now, or not in this store.";
    /// Only the password may be changed (SEC-05).
    PasswordDue => "password_due", Never, "须先修改密码。", "The password has to be changed first.";
    /// Fewer than 12 characters, or more than 128, or some that cannot be typed.
    PasswordShape => "password_shape", Never, "密码须为 12 至 128 个字符。", "A password has 12 to 128 characters.";
    /// A program guesses it soon.
    PasswordCommon => "password_common", Never, "这个密码太容易被猜到，请换一个：避免姓名、店名和常用词。", "This password is too easy to guess: please choose another, without names and common words.";
    /// One of the last five.
    PasswordReused => "password_reused", Never, "不能使用最近用过的密码。", "This password was used lately; please choose another.";
    /// A name of an account that cannot be one.
    BadStaffName => "bad_staff_name", Never, "员工账号须为 2 至 32 个小写字母、数字、点或连字符；姓名须为 1 至 40 个字。", "An account's name is 2 to 32 small letters, digits, dots or hyphens; the person's name is 1 to 40 characters.";
    /// The account exists: a name is never given again.
    StaffExists => "staff_exists", Never, "此员工账号已存在。", "This staff account exists already.";
    /// No such account.
    StaffUnknown => "staff_unknown", Never, "没有这个员工账号。", "There is no such staff account.";
    /// No such role, or days that end before they begin.
    BadGrant => "bad_grant", Never, "没有这个岗位，或有效期不正确。", "There is no such role, or its days are wrong.";
    /// No such proposal.
    ProposalUnknown => "proposal_unknown", Never, "未找到该申请。", "There is no such proposal.";
    /// It was approved, declined or executed before, or not yet approved.
    ProposalState => "proposal_state", Never, "该申请的当前状态不允许此操作。", "The proposal's state does not allow this.";
    /// Nobody approved it, or nobody carried it out, within 24 hours (ACC-04).
    ProposalLapsed => "proposal_lapsed", Never, "该申请已超过 24 小时，自动失效。", "The proposal lapsed after 24 hours.";
    /// Nobody has shown that two records are of one person.
    MergeUnproved => "merge_unproved", Never, "须证明两份记录属于同一人：手机号相同且均已核实，或两个号码各自的验证码。", "Two records are merged only when they are shown to be one person's: one verified phone for both, or a code from each phone.";
    /// The member has not confirmed it.
    MergeUnconfirmed => "merge_unconfirmed", Never, "合并须由会员本人确认。", "The member has to confirm the merge.";
    /// The record was merged already, or has taken in another that may still leave.
    AlreadyMerged => "already_merged", Never, "该记录已与另一份记录合并。", "The record is merged with another one already.";
    /// These two records are not merged.
    NotMerged => "not_merged", Never, "这两份记录并未合并。", "These two records are not merged.";
    /// A merge is undone within thirty days.
    UndoTooLate { days: u32 } => "undo_too_late", Never, "合并已超过 {days} 天，不能撤销。", "The merge is older than {days} days and can no longer be undone.";
    /// Points are held.
    HoldsOpen => "holds_open", Later, "有积分正在预扣，请在其结束后再试。", "Points are on hold; try again when the hold has ended.";
}

impl Refusal {
    /// Whether it is the store that refused, and no rule.
    pub const fn is_of_store(&self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::Unknown
                | Self::StoreDamaged
                | Self::StoreFull
                | Self::StoreInUse
                | Self::StoreFailed
                | Self::KeysFailed
        )
    }

    /// Whether the refusal is kept under its idempotency key (semantics 35).
    pub const fn is_remembered(&self) -> bool {
        match self.retry() {
            Retry::Never => !matches!(self, Self::KeyReused),
            Retry::SameKey | Retry::Later => false,
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "{}: {}", self.code(), self.en())
    }
}

impl core::error::Error for Refusal {}

impl From<BasketError> for Refusal {
    fn from(error: BasketError) -> Self {
        match error {
            BasketError::Empty => Self::BasketEmpty,
            BasketError::TooManyLines => Self::TooManyLines,
            BasketError::BadLabel(line) => Self::BadLabel { line },
            BasketError::Negative(line) => Self::NegativeAmount { line },
            BasketError::TooLarge(_) => Self::AmountTooLarge,
        }
    }
}

impl From<RedeemError> for Refusal {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::BelowMinimum { min: least } => Self::BelowMinimum { least },
            RedeemError::NotAMultiple { step } => Self::NotAMultiple { step },
            RedeemError::WorthNothing => Self::WorthNothing,
            RedeemError::AboveShare { most } => Self::AboveShare { most },
            RedeemError::NotEnough { available } => Self::NotEnough { available },
        }
    }
}
