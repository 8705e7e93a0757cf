//! What nobody may ask a member for, whatever a shop configures (COL-03): religion, political leaning, numbers of bank
//! cards, biometrics, health and appearance. It is code, so that no file can lift it.

use unicode_normalization::UnicodeNormalization;

/// Parts of names, in lower case and without blanks: a field whose name has one of them is denied.
const STEMS: [&str; 88] = [
    "religi",
    "faith",
    "church",
    "worship",
    "belief",
    "buddhis",
    "muslim",
    "islam",
    "christian",
    "宗教",
    "信仰",
    "教派",
    "教徒",
    "佛教",
    "基督",
    "伊斯兰",
    "宗敎",
    "politic",
    "partymember",
    "partyaffil",
    "leaning",
    "ideolog",
    "voting",
    "政治",
    "党派",
    "党员",
    "政党",
    "政見",
    "政见",
    "黨",
    "bankcard",
    "bankaccount",
    "bankno",
    "banknumber",
    "creditcard",
    "debitcard",
    "cardpan",
    "iban",
    "cvv",
    "cvc",
    "paymentcard",
    "银行卡",
    "银行账",
    "银行帐",
    "銀行",
    "信用卡",
    "储蓄卡",
    "借记卡",
    "支付账",
    "支付帐",
    "卡背",
    "biometr",
    "fingerprint",
    "faceid",
    "facial",
    "faceprint",
    "faceimage",
    "iris",
    "retina",
    "voiceprint",
    "palmprint",
    "生物识别",
    "生物特征",
    "指纹",
    "人脸",
    "面部",
    "虹膜",
    "声纹",
    "掌纹",
    "health",
    "medical",
    "disease",
    "illness",
    "diagnos",
    "allerg",
    "disabilit",
    "健康",
    "病史",
    "病历",
    "疾病",
    "过敏",
    "残疾",
    "血型",
    "appearance",
    "相貌",
    "外貌",
    "容貌",
    "长相",
];

/// Words that are also denied when they are misspelt by a letter or two.
const WORDS: [&str; 12] = [
    "religion",
    "religious",
    "politics",
    "political",
    "bankcard",
    "creditcard",
    "biometric",
    "biometrics",
    "fingerprint",
    "healthcare",
    "medicine",
    "appearance",
];

/// Whether a field of this name is denied, in whatever letters, widths and spellings it is written.
pub fn is_denied(name: &str) -> bool {
    let plain: String = name.nfkc().flat_map(char::to_lowercase).collect();
    let joined: String = plain
        .chars()
        .filter(|char| char.is_alphanumeric())
        .collect();
    let parts = plain.split(|char: char| !char.is_alphanumeric());
    let near = |text: &str| {
        let most = if text.chars().count() < 7 { 1 } else { 2 };
        WORDS
            .iter()
            .any(|word| strsim::damerau_levenshtein(text, word) <= most)
    };
    STEMS.iter().any(|stem| joined.contains(stem)) || near(&joined) || parts.into_iter().any(near)
}

/// Whether one of the denied stems is in a name of the catalogue: asked while the program is compiled.
pub(super) const fn has_stem(name: &str) -> bool {
    let mut stems = STEMS.as_slice();
    while let Some((stem, rest)) = stems.split_first() {
        let mut left = name.as_bytes();
        while let Some((_, after)) = left.split_first() {
            if starts_with(left, stem.as_bytes()) {
                return true;
            }
            left = after;
        }
        stems = rest;
    }
    false
}

const fn starts_with(text: &[u8], start: &[u8]) -> bool {
    let (mut text, mut start) = (text, start);
    while let Some((wanted, start_rest)) = start.split_first() {
        let Some((found, text_rest)) = text.split_first() else {
            return false;
        };
        if *wanted != *found {
            return false;
        }
        (text, start) = (text_rest, start_rest);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalogue::Field;
    use crate::policy::notice::Language;

    #[test]
    fn what_must_not_be_asked_is_denied_in_every_spelling() {
        for name in [
            "religion",
            "Religion",
            "RELIGION",
            "religious_belief",
            "relgion",
            "religon",
            "re-ligion",
            "ｒｅｌｉｇｉｏｎ",
            "member religion",
            "faith",
            "宗教",
            "宗教信仰",
            "信 仰",
            "教徒",
            "political_leaning",
            "politicalLeaning",
            "polital",
            "party_member",
            "政治倾向",
            "党员",
            "政治面貌",
            "bank_card",
            "bankCardNumber",
            "credit-card",
            "creditcrad",
            "cvv2",
            "银行卡号",
            "银行账号",
            "信用卡",
            "biometric",
            "biometrics",
            "fingerprint",
            "finger_print",
            "face_id",
            "iris",
            "人脸",
            "指纹",
            "声纹特征",
            "health",
            "health_status",
            "medical-history",
            "diagnosis",
            "健康状况",
            "病史",
            "血型",
            "appearance",
            "apperance",
            "相貌特征",
            "外貌",
        ] {
            assert!(is_denied(name), "{name}");
        }
    }

    #[test]
    fn what_may_be_asked_is_not() {
        for name in [
            "name",
            "mobile",
            "address",
            "postcode",
            "email",
            "occupation",
            "birth_date",
            "card_number",
            "looks",
            "recipients",
            "policy",
            "receipt",
            "姓名",
            "手机号",
            "地址",
            "会员卡号",
            "消费记录",
            "谁查看过",
        ] {
            assert!(!is_denied(name), "{name}");
        }
        for field in Field::ALL {
            assert!(!is_denied(field.word()), "{}", field.word());
            for language in Language::ALL {
                assert!(!is_denied(field.name(language)), "{}", field.name(language));
            }
        }
    }

    #[test]
    fn the_compiler_asks_the_same_question() {
        assert!(has_stem("member_religion") && has_stem("宗教信仰") && has_stem("cvv"));
        assert!(!has_stem("name") && !has_stem("") && !has_stem("cv"));
    }
}
