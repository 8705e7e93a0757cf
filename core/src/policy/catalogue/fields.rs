//! The table: every field of personal data that the program keeps or hands out, declared once. Whatever else needs to know
//! something about a field asks here: the notice, the member's own view, the copy and its schema, the list of what an
//! erasure destroys, and the masks.

use super::declaration::{
    Basis, Class, Declaration, Export, Group, Level, Mask, Need, Shape, Why, Withheld,
};
use super::denied::has_stem;
use super::retention::Retention;
use crate::policy::notice::Language;

macro_rules! fields {
    ($( $field:ident $word:literal $zh:literal $en:literal $declared:expr; )*) => {
        /// A field of personal data. A word is a promise: added, never changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $( #[doc = concat!($zh, ": ", $en, ".")] $field, )* }

        impl Field {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[ $( Self::$field, )* ];

            /// The word for machines: never changed.
            pub const fn word(self) -> &'static str {
                match self { $( Self::$field => $word, )* }
            }

            /// The name for people.
            pub const fn name(self, language: Language) -> &'static str {
                match (self, language) {
                    $( (Self::$field, Language::Zh) => $zh, (Self::$field, Language::En) => $en, )*
                }
            }

            /// What is declared about it.
            pub const fn declaration(self) -> Declaration {
                match self { $( Self::$field => $declared, )* }
            }
        }

        // A catalogue that names what must not be asked does not compile (COL-03).
        $( const _: () = assert!(!has_stem($word) && !has_stem($zh) && !has_stem($en)); )*
    };
}

/// Who the member is, unless a line says otherwise.
const CORE: Declaration = Declaration {
    class: Class::Account,
    level: Level::Two,
    why: Why::Membership,
    basis: Basis::Agreement,
    retention: Retention::Member,
    group: Group::Core,
    mask: Mask::Plain,
    export: Export::Yes,
    need: Need::Kept,
    shape: Shape::Text,
    part_of: None,
};
/// What proves what a member agreed to.
const PROOF: Declaration = CORE.because(Why::Rights, Basis::Law);
/// What keeps others out of the account.
const SECRET: Declaration = CORE
    .class(Class::Account, Level::One)
    .because(Why::Security, Basis::Agreement)
    .mask(Mask::Hidden)
    .withheld(Withheld::Secret);
/// Points and tier.
const ACCOUNT: Declaration = CORE.under(Group::History).class(Class::Service, Level::Two);
/// What was bought.
const SALE: Declaration = ACCOUNT
    .class(Class::Transaction, Level::Two)
    .kept(Retention::Transaction);
/// Where letters go.
const POSTAL: Declaration = CORE
    .class(Class::Contact, Level::Two)
    .because(Why::DirectMail, Basis::Consent)
    .kept(Retention::UntilWithdrawn)
    .under(Group::Postal)
    .mask(Mask::Hidden)
    .need(Need::Optional(
        "不提供地址，只是收不到邮寄资料；其他会员权益不受影响。",
        "Without an address you receive no mail by post; nothing else changes.",
    ));
/// An identity document that an operation asked for.
const IDENTITY: Declaration = CORE
    .class(Class::Identity, Level::One)
    .because(Why::Identity, Basis::Consent)
    .kept(Retention::Identity);
/// Records of log-ins, under the key of their day.
const LOGIN: Declaration = CORE
    .class(Class::Behaviour, Level::Two)
    .because(Why::Security, Basis::Law)
    .kept(Retention::Logins)
    .under(Group::None);
/// Who looked.
const LOOK: Declaration = PROOF.class(Class::Service, Level::Two);
/// Requests and complaints.
const TICKET: Declaration = PROOF
    .class(Class::Feedback, Level::Two)
    .kept(Retention::Service);

const TIME: Shape = Shape::Time;
const WHOLE: Shape = Shape::Whole;
const FLAG: Shape = Shape::Flag;
const TEXTS: Shape = Shape::Texts;
const RECORD: Shape = Shape::Record;
const RECORDS: Shape = Shape::Records;

fields! {
    Name "name" "姓名" "Name" CORE.class(Class::Basic, Level::Two).mask(Mask::Name).need(Need::Required);
    Mobile "mobile" "手机号" "Mobile number" CORE.class(Class::Contact, Level::Two).mask(Mask::Mobile).need(Need::Required);
    Email "email" "邮箱" "E-mail" CORE.class(Class::Contact, Level::Two).mask(Mask::Hidden).need(Need::Off("本店不收集邮箱。", "This shop does not ask for it."));
    Address "address" "通信地址" "Postal address" POSTAL;
    Postcode "postcode" "邮编" "Postcode" POSTAL;
    Card "card_number" "会员卡号" "Card number" CORE.class(Class::Service, Level::Two).mask(Mask::Card);

    PinVerifier "pin_verifier" "密码校验值" "Check value of the PIN" SECRET;
    PinSetAt "pin_set_at" "密码设置时间" "PIN set at" CORE.because(Why::Security, Basis::Agreement).shape(TIME);
    PinReset "pin_reset" "重设密码的凭据" "Secret to set a new PIN" SECRET;
    Attempts "sign_in_attempts" "登录尝试" "Attempts to sign in" CORE.because(Why::Security, Basis::Agreement).shape(RECORD);
    AttemptsFailed "attempts_failed" "连续失败次数" "Failed in a row" CORE.because(Why::Security, Basis::Agreement).shape(WHOLE).of(Self::Attempts);
    AttemptsWaitUntil "attempts_wait_until" "须等待至" "To wait until" CORE.because(Why::Security, Basis::Agreement).shape(TIME).of(Self::Attempts);
    AttemptsDay "attempts_day" "尝试日期" "Day of the attempts" CORE.because(Why::Security, Basis::Agreement).of(Self::Attempts);
    AttemptsOfDay "attempts_of_day" "当日次数" "Attempts of that day" CORE.because(Why::Security, Basis::Agreement).shape(WHOLE).of(Self::Attempts);
    LiveCodeSecret "live_code_secret" "动态码密钥" "Secret of the live code" SECRET.under(Group::History);
    TypedCode "typed_code" "八位码" "Code of eight digits" SECRET.under(Group::None).kept(Retention::Memory);

    AgeAttested "age_attested" "已确认年满 18 周岁" "Confirmed to be 18 or older" PROOF.class(Class::Basic, Level::Two).shape(FLAG);
    Agreement "agreement" "接受的会员规约" "Agreement accepted" PROOF.shape(RECORD);
    AgreementKind "agreement_kind" "规约" "Agreement" PROOF.of(Self::Agreement);
    AgreementVersion "agreement_version" "规约版本" "Version" PROOF.of(Self::Agreement);
    AgreementHash "agreement_hash" "文本哈希值" "Hash of the text" PROOF.of(Self::Agreement);
    AgreementLanguage "agreement_language" "规约语言" "Language" PROOF.of(Self::Agreement);
    AgreementAt "agreement_at" "接受时间" "Accepted at" PROOF.shape(TIME).of(Self::Agreement);
    Consents "consents" "同意记录" "Consents" PROOF.shape(RECORDS);
    ConsentPurpose "consent_purpose" "目的" "Purpose" PROOF.of(Self::Consents);
    ConsentDecision "consent_decision" "回答" "Answer" PROOF.of(Self::Consents);
    ConsentNotice "consent_notice" "告知书版本" "Version of the notice" PROOF.of(Self::Consents);
    ConsentHash "consent_hash" "所示文本哈希值" "Hash of the text shown" PROOF.of(Self::Consents);
    ConsentLanguage "consent_language" "所示语言" "Language shown" PROOF.of(Self::Consents);
    ConsentChannel "consent_channel" "方式" "How" PROOF.of(Self::Consents);
    ConsentDevice "consent_device" "设备" "Device" PROOF.of(Self::Consents);
    ConsentAt "consent_at" "回答时间" "Answered at" PROOF.shape(TIME).of(Self::Consents);

    Language "language" "注册语言" "Language of the registration" CORE.class(Class::Basic, Level::Three);
    Device "device" "注册设备" "Device of the registration" CORE.class(Class::Behaviour, Level::Two);
    Source "source" "信息来源" "Where the record came from" PROOF;
    EnrolledAt "enrolled_at" "入会时间" "Member since" CORE.shape(TIME);
    FirstSignedIn "first_signed_in" "首次登录" "First log-in" CORE.class(Class::Behaviour, Level::Two).shape(TIME);
    Verified "verified" "手机号核实" "Mobile number verified" CORE.because(Why::Security, Basis::Agreement).shape(RECORD);
    VerifiedAt "verified_at" "核实时间" "Verified at" CORE.because(Why::Security, Basis::Agreement).shape(TIME).of(Self::Verified);
    VerifiedHow "verified_how" "核实方式" "Verified how" CORE.because(Why::Security, Basis::Agreement).of(Self::Verified);
    VerifiedBy "verified_by" "核实人" "Verified by" CORE.because(Why::Security, Basis::Agreement).of(Self::Verified);
    Duplicate "possible_duplicate" "疑似重复" "Possible duplicate" CORE.because(Why::Security, Basis::Agreement).shape(FLAG).withheld(Withheld::AboutOthers);
    Merged "merged" "与本人其他账户合并" "Merged with another record of yours" CORE;
    RestrictedSince "restricted_since" "限制使用起始时间" "Use restricted since" PROOF.shape(TIME);
    ConfirmedAt "confirmed_at" "最近确认信息无误" "Last said to be right" CORE.shape(TIME);
    WarnedAt "warned_at" "到期删除提醒" "Told that it will be erased" PROOF.shape(TIME);
    Identity "identity" "身份核对" "Identity check" IDENTITY.shape(RECORD);
    IdentityCheckedBy "identity_checked_by" "核对人" "Checked by" IDENTITY.of(Self::Identity);
    IdentityCheckedAt "identity_checked_at" "核对时间" "Checked at" IDENTITY.shape(TIME).of(Self::Identity);
    IdentityMasked "identity_masked" "证件号（部分）" "Number, in part" IDENTITY.mask(Mask::Identity).of(Self::Identity);
    IdentityNumber "identity_number" "证件号" "Number" IDENTITY.mask(Mask::Identity).of(Self::Identity);
    Handle "audit_handle" "审计代号" "Handle in the audit" PROOF;
    Recipients "recipients" "信息接收方" "Who received the data" PROOF.shape(TEXTS);
    Looks "looks" "查看记录" "Who looked" LOOK.shape(RECORDS);
    LookAt "look_at" "查看时间" "Looked at" LOOK.shape(TIME).of(Self::Looks);
    LookBy "look_by" "查看人" "Who" LOOK.of(Self::Looks);
    LookRole "look_role" "岗位" "Role" LOOK.of(Self::Looks);
    LookFields "look_fields" "所看项目" "Which fields" LOOK.shape(TEXTS).of(Self::Looks);
    LookPurpose "look_purpose" "查看目的" "What for" LOOK.of(Self::Looks);
    LookBasis "look_basis" "查看依据" "By what right" LOOK.of(Self::Looks);
    LookTicket "look_ticket" "所属请求" "Request" LOOK.of(Self::Looks);
    Tickets "tickets" "请求与投诉" "Requests and complaints" TICKET.shape(RECORDS);
    TicketNumber "ticket_number" "编号" "Number" TICKET.of(Self::Tickets);
    TicketKind "ticket_kind" "类型" "Kind" TICKET.of(Self::Tickets);
    TicketState "ticket_state" "状态" "State" TICKET.of(Self::Tickets);
    TicketOpenedAt "ticket_opened_at" "提出时间" "Opened at" TICKET.shape(TIME).of(Self::Tickets);
    TicketDue "ticket_due" "答复期限" "Answer by" TICKET.of(Self::Tickets);
    TicketOwner "ticket_owner" "经办人" "Taken on by" TICKET.of(Self::Tickets);
    TicketEndedAt "ticket_ended_at" "结束时间" "Ended at" TICKET.shape(TIME).of(Self::Tickets);
    TicketText "ticket_text" "内容" "What was asked" TICKET.of(Self::Tickets);
    TicketReplies "ticket_replies" "答复" "Answers" TICKET.shape(TEXTS).of(Self::Tickets);
    MergedRecords "merged_records" "并入的本人其他记录" "Other records of yours" CORE.class(Class::Basic, Level::Two).shape(RECORDS);
    MergedName "merged_name" "该记录的姓名" "Name in that record" CORE.class(Class::Basic, Level::Two).mask(Mask::Name).of(Self::MergedRecords);
    MergedMobile "merged_mobile" "该记录的手机号" "Mobile number in that record" CORE.class(Class::Contact, Level::Two).mask(Mask::Mobile).of(Self::MergedRecords);
    MergedCard "merged_card" "该记录的卡号" "Card number of that record" CORE.class(Class::Service, Level::Two).mask(Mask::Card).of(Self::MergedRecords);

    AccountState "account_state" "账户状态" "State of the account" ACCOUNT.class(Class::Account, Level::Two);
    AccountOpened "account_opened" "开户日期" "Account opened on" ACCOUNT;
    Reference "account_reference" "账户备注号" "Reference of the account" ACCOUNT;
    Balance "balance" "积分余额" "Points" ACCOUNT.shape(WHOLE);
    Debt "debt" "欠积分" "Points owed" ACCOUNT.shape(WHOLE);
    Tier "tier" "会员等级" "Tier" ACCOUNT;
    Tiers "tier_changes" "等级变动" "Changes of tier" ACCOUNT.shape(RECORDS);
    TierChanged "tier_changed_to" "变为" "Tier" ACCOUNT.of(Self::Tiers);
    TierSince "tier_since" "自何时起" "Since" ACCOUNT.shape(TIME).of(Self::Tiers);
    TierFlagged "tier_flagged" "等级待复核" "Tier to be looked at" ACCOUNT.shape(FLAG);
    Spend "qualifying_spend" "累计消费额" "Qualifying spend" SALE;
    SpendDays "spend_days" "每日消费额" "Spend by day" SALE.shape(RECORDS);
    SpendDay "spend_day" "日期" "Day" SALE.of(Self::SpendDays);
    SpendOfDay "spend_of_day" "当日消费额" "Spend of the day" SALE.of(Self::SpendDays);
    Carries "carries" "积分余数" "Rests of earn rules" ACCOUNT.shape(RECORDS);
    CarryRule "carry_rule" "规则编号" "Rule" ACCOUNT.of(Self::Carries);
    CarryRest "carry_rest" "余数" "Rest" ACCOUNT.of(Self::Carries);
    DaySums "day_sums" "每日计积分金额" "Counted by day" SALE.shape(RECORDS);
    DaySumDay "day_sum_day" "日期" "Day" SALE.of(Self::DaySums);
    DaySumCounted "day_sum_counted" "计入金额" "Counted" SALE.of(Self::DaySums);
    Totals "totals" "积分合计" "Sums of points" ACCOUNT.shape(RECORD);
    TotalSales "total_sales" "消费次数" "Purchases" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalEarned "total_earned" "累积" "Earned" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalRedeemed "total_redeemed" "兑换" "Used" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalReturned "total_returned" "退回" "Came back" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalClawedBack "total_clawed_back" "扣回" "Taken back" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalExpired "total_expired" "过期" "Expired" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalRepaid "total_repaid" "偿还" "Repaid" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalAdjustedUp "total_adjusted_up" "调增" "Given by staff" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalAdjustedDown "total_adjusted_down" "调减" "Taken by staff" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalLost "total_lost" "商家承担" "Borne by the shop" ACCOUNT.shape(WHOLE).of(Self::Totals);
    TotalGranted "total_granted" "赠送" "Given by the programme" ACCOUNT.shape(WHOLE).of(Self::Totals);
    Lots "lots" "积分批次" "Lots of points" ACCOUNT.shape(RECORDS);
    LotNumber "lot_number" "批次编号" "Number" ACCOUNT.of(Self::Lots);
    LotPoints "lot_points" "原有积分" "Points at first" ACCOUNT.shape(WHOLE).of(Self::Lots);
    LotRemaining "lot_remaining" "剩余积分" "Points left" ACCOUNT.shape(WHOLE).of(Self::Lots);
    LotHeld "lot_held" "预扣积分" "Points held" ACCOUNT.shape(WHOLE).of(Self::Lots);
    LotLapsed "lot_lapsed" "过期积分" "Points lapsed" ACCOUNT.shape(WHOLE).of(Self::Lots);
    LotEarnedAt "lot_earned_at" "累积时间" "Earned at" ACCOUNT.shape(TIME).of(Self::Lots);
    LotAvailableAt "lot_available_at" "可用时间" "May be used from" ACCOUNT.shape(TIME).of(Self::Lots);
    LotExpiresAt "lot_expires_at" "过期时间" "Expires at" ACCOUNT.shape(TIME).of(Self::Lots);
    Entries "entries" "积分流水" "History of points" ACCOUNT.shape(RECORDS);
    EntryNumber "entry_number" "流水编号" "Number" ACCOUNT.of(Self::Entries);
    EntryAt "entry_at" "时间" "When" ACCOUNT.shape(TIME).of(Self::Entries);
    EntryWhat "entry_what" "变动" "What" ACCOUNT.of(Self::Entries);
    EntryWords "entry_words" "说明" "In words" ACCOUNT.of(Self::Entries);
    EntryBalance "entry_balance" "变动后余额" "Points after it" ACCOUNT.shape(WHOLE).of(Self::Entries);
    EntryDebt "entry_debt" "变动后欠积分" "Points owed after it" ACCOUNT.shape(WHOLE).of(Self::Entries);
    EntryRules "entry_rules" "适用规则" "Rules it was made under" ACCOUNT.of(Self::Entries);
    Sales "sales" "消费记录" "Purchases" SALE.shape(RECORDS);
    SaleNumber "sale_number" "交易编号" "Number" SALE.of(Self::Sales);
    SaleStore "sale_store" "门店" "Store" SALE.of(Self::Sales);
    SaleTill "sale_till" "收银机" "Till" SALE.of(Self::Sales);
    SaleReceipt "sale_receipt" "小票号" "Slip" SALE.of(Self::Sales);
    SaleAt "sale_at" "消费时间" "When" SALE.shape(TIME).of(Self::Sales);
    SaleAmount "sale_amount" "金额" "Amount" SALE.of(Self::Sales);
    SaleTier "sale_tier" "当时等级" "Tier at that time" SALE.of(Self::Sales);
    SaleMultiplier "sale_multiplier" "积分倍数" "Multiplier" SALE.of(Self::Sales);
    SaleCounted "sale_counted" "计积分金额" "What counts for points" SALE.shape(TEXTS).of(Self::Sales);
    SaleEarned "sale_earned" "累积积分" "Points earned" SALE.shape(WHOLE).of(Self::Sales);
    SaleUsed "sale_used" "使用积分" "Points used" SALE.shape(WHOLE).of(Self::Sales);
    SaleReturned "sale_returned" "退回积分" "Points come back" SALE.shape(WHOLE).of(Self::Sales);
    SaleGivenBack "sale_given_back" "补还积分" "Points given back by refunds" SALE.shape(WHOLE).of(Self::Sales);
    SaleVoided "sale_voided" "已作废" "Voided" SALE.shape(FLAG).of(Self::Sales);
    SaleRules "sale_rules" "适用规则" "Rules it was made under" SALE.of(Self::Sales);
    SaleGoods "sale_goods" "商品" "Goods" SALE.shape(RECORDS).of(Self::Sales);
    GoodsProduct "goods_product" "商品编号" "Product" SALE.of(Self::SaleGoods);
    GoodsDepartment "goods_department" "部门" "Department" SALE.of(Self::SaleGoods);
    GoodsCategory "goods_category" "类别" "Category" SALE.of(Self::SaleGoods);
    GoodsKind "goods_kind" "性质" "Kind" SALE.of(Self::SaleGoods);
    GoodsQuantity "goods_quantity" "数量" "Quantity" SALE.of(Self::SaleGoods);
    GoodsPaid "goods_paid" "实付" "Paid" SALE.of(Self::SaleGoods);
    GoodsByPoints "goods_by_points" "积分抵扣" "Paid with points" SALE.of(Self::SaleGoods);
    GoodsPoints "goods_points" "所用积分" "Points used" SALE.shape(WHOLE).of(Self::SaleGoods);
    GoodsRefundedQuantity "goods_refunded_quantity" "退货数量" "Quantity refunded" SALE.of(Self::SaleGoods);
    GoodsRefundedAmount "goods_refunded_amount" "退货金额" "Amount refunded" SALE.of(Self::SaleGoods);
    GoodsAllBack "goods_all_back" "全部退回" "All back" SALE.shape(FLAG).of(Self::SaleGoods);
    Holds "holds" "积分预扣" "Points set aside" SALE.shape(RECORDS);
    HoldNumber "hold_number" "预扣编号" "Number" SALE.of(Self::Holds);
    HoldPoints "hold_points" "预扣积分" "Points" SALE.shape(WHOLE).of(Self::Holds);
    HoldUntil "hold_until" "失效时间" "Until" SALE.shape(TIME).of(Self::Holds);
    HoldPayable "hold_payable" "可抵金额" "What points may pay" SALE.of(Self::Holds);
    HoldState "hold_state" "结果" "What became of it" SALE.of(Self::Holds);
    Answers "answers" "交易回执" "Answers kept for retries" SALE.shape(WHOLE).withheld(Withheld::Repeated);
    SaleTokens "sale_tokens" "交易令牌" "Tokens of sales" SALE.shape(WHOLE).withheld(Withheld::Internal);

    Logins "logins" "登录记录" "Log-ins" LOGIN.shape(RECORDS);
    LoginAt "login_at" "登录时间" "When" LOGIN.shape(TIME).of(Self::Logins);
    LoginDevice "login_device" "登录设备" "At which device" LOGIN.of(Self::Logins);
    LoginSuccess "login_success" "是否成功" "Succeeded" LOGIN.shape(FLAG).of(Self::Logins);
    SectorTokens "sector_tokens" "部门令牌" "Tokens of departments" CORE.class(Class::Service, Level::Two).under(Group::History).withheld(Withheld::Internal);
    MemberNumber "member_id" "内部会员编号" "Member's number inside" CORE.under(Group::None).withheld(Withheld::Internal);
    AccountNumber "account_id" "内部账户编号" "Account's number inside" CORE.under(Group::None).withheld(Withheld::Internal);
}
