//! A "no": its code, its sentence in two languages, and when to try again. A code is a promise: added, never changed.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// When a till may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same command will never succeed; a corrected one comes under a new key.
    Never,
    /// Ask again with the same key: the outcome is not known, or nothing was done.
    SameKey,
    /// Nothing was done; try later.
    Later,
}

/// A sentence for people, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// 中文
    pub zh: Cow<'static, str>,
    /// English
    pub en: Cow<'static, str>,
}

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {}", message.en)]
pub struct Refused {
    /// Lowercase words with underscores, stable for ever.
    pub code: Cow<'static, str>,
    /// For the cashier, and the member.
    pub message: Words,
    /// When to try again.
    pub retry: Retry,
}

macro_rules! faults {
    ($( $(#[$doc:meta])* $name:ident $({ $field:ident : $type:ty })? => $code:literal, $retry:ident, $zh:literal, $en:literal; )*) => {
        /// What is wrong with the shape of a request. Codes that the engine has too say the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault { $( $(#[$doc])* $name $({ #[doc = "What the sentence names."] $field: $type })?, )* }

        impl Fault {
            /// The code: lowercase, stable for ever.
            pub const fn code(self) -> &'static str {
                match self { $( Self::$name $({ $field: _ })? => $code, )* }
            }

            /// Every code there is.
            pub const CODES: &'static [&'static str] = &[ $( $code, )* ];
        }

        impl From<Fault> for Refused {
            fn from(fault: Fault) -> Self {
                let (zh, en, retry): (Cow<'static, str>, Cow<'static, str>, Retry) = match fault {
                    $( Fault::$name $({ $field })? => faults!(@words $retry, $zh, $en $(, $field)?), )*
                };
                Self { code: Cow::Borrowed(fault.code()), message: Words { zh, en }, retry }
            }
        }
    };
    (@words $retry:ident, $zh:literal, $en:literal) => {
        (Cow::Borrowed($zh), Cow::Borrowed($en), Retry::$retry)
    };
    (@words $retry:ident, $zh:literal, $en:literal, $field:ident) => {
        (Cow::Owned(format!($zh, $field = $field)), Cow::Owned(format!($en, $field = $field)), Retry::$retry)
    };
}

faults! {
    /// Not JSON, a field of another type, or one that is not known.
    BadRequest => "bad_request", Never, "请求不是有效的 JSON，或缺少字段，或含有未知字段。", "The request is not valid JSON, lacks a field, or has an unknown one.";
    /// Not a UUID of version 7 or 8.
    BadKey => "bad_key", Never, "幂等键或终端名称不正确。", "The idempotency key or the terminal's name is not a valid one.";
    /// Both ways of naming the member, or neither.
    MemberUnclear => "member_unclear", Never, "须提供 sale_token，或者 code 和 scanned_at，二者择一。", "Give either the sale token, or the code with the time it was scanned.";
    /// Both ways of naming the sale, or neither.
    SaleUnclear => "sale_unclear", Never, "须以 sale_token 或 receipt 之一指明交易。", "Name the sale either by its token or by its receipt.";
    /// Both ways of naming what is undone, or neither.
    OriginalUnclear => "original_unclear", Never, "须以 key，或者 receipt 和 kind，二者择一指明要撤销的交易。", "Name what is undone either by its key, or by its receipt and kind.";
    /// A code or token that cannot be one. The words are those of every "no" about a token (privacy §5).
    TokenUnknown => "token_unknown", SameKey, "未找到会员。", "No such member.";
    /// A name of a hold that cannot be one.
    HoldUnknown => "hold_unknown", Never, "未找到该预扣。", "No such hold.";
    /// No lines.
    BasketEmpty => "basket_empty", Never, "购物篮是空的。", "The basket is empty.";
    /// More than 2,000 lines.
    TooManyLines => "too_many_lines", Never, "商品行超过 2000 行。", "The basket has more than 2,000 lines.";
    /// A label is empty, too long or unreadable.
    BadLabel { line: u32 } => "bad_label", Never, "第 {line} 行的商品、部门或类别为空、过长或含有控制字符。", "Line {line}: the product, department or category is empty, too long, or has a control character.";
    /// A quantity that is not one.
    BadQuantity { line: u32 } => "bad_quantity", Never, "第 {line} 行的数量须为不带符号的小数，最多三位小数。", "Line {line}: a quantity is a decimal without a sign and with at most three decimals.";
    /// A line's amount that is not one.
    BadLineAmount { line: u32 } => "bad_amount", Never, "第 {line} 行的金额须为小数，例如 \"12.30\"。", "Line {line}: an amount is a decimal such as \"12.30\".";
    /// A negative line is a refund.
    NegativeAmount { line: u32 } => "negative_amount", Never, "第 {line} 行金额为负：退货请用退款交易。", "Line {line} is negative: send a refund instead.";
    /// An amount outside the lines that is not one.
    BadAmount => "bad_amount", Never, "金额须为小数，例如 \"12.30\"。", "An amount is a decimal such as \"12.30\".";
    /// More points than one command may move.
    AmountTooLarge => "amount_too_large", Never, "金额或数量超出上限。", "An amount or quantity is above the limit.";
    /// A store, till or receipt number that cannot be one.
    BadReceipt => "bad_receipt", Never, "门店、收银机或小票号为空、过长或含有控制字符。", "The store, till or receipt number is empty, longer than 48 bytes, or has a control character.";
    /// Not a time.
    BadTime => "bad_time", Never, "时间须为带时区的 RFC 3339 格式，例如 2026-03-01T12:00:00+08:00。", "A time is written as RFC 3339 with an offset, such as 2026-03-01T12:00:00+08:00.";
    /// A tender, rule or reference that is empty, too long or unreadable.
    BadText => "bad_text", Never, "支付方式、参考号或优惠规则为空、过长或含有控制字符。", "A tender's method or reference, or a discount's rule, is empty, longer than 64 bytes, or has a control character.";
    /// A card number where free text stands (COL-04).
    CardNumberInText => "card_number_in_text", Never, "文字中含有疑似银行卡号，拒绝受理：请只填交易单号。", "The text holds what looks like a bank card number and is refused: give the transaction number only.";
    /// More tenders, discounts or holds than a sale may have.
    TooManyParts => "too_many_parts", Never, "支付方式、优惠或预扣的条数过多。", "There are too many tenders, discounts or holds.";
    /// A refund names no line, or a line with nothing in it.
    NothingToRefund => "nothing_to_refund", Never, "退款没有内容。", "The refund names nothing to take back.";
    /// Not exactly one of quantity, amount and rest.
    RefundLineUnclear { line: u32 } => "refund_line_unclear", Never, "退款第 {line} 行须在 quantity、amount、rest 中恰好给出一项。", "Line {line} of the refund gives exactly one of quantity, amount and rest.";
}
