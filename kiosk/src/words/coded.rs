//! What people are told for a word of the program: a copy for machines says `marketing`, a page says what that is.

use jifen::policy::access::{Cause, Role};
use jifen::policy::catalogue::Field;
use jifen::policy::notice::Language;

use super::{either, say};

/// Words of the program, each with the key of what a page says.
type Words = &'static [(&'static str, &'static str)];

const PURPOSES: Words = &[
    ("membership", "purpose-membership"),
    ("marketing", "purpose-marketing"),
    ("direct_mail", "purpose-direct-mail"),
    ("analysis", "purpose-analysis"),
];
const DECISIONS: Words = &[
    ("given", "consent-given"),
    ("refused", "consent-refused"),
    ("withdrawn", "consent-withdrawn"),
];
const CHANNELS: Words = &[
    ("tick", "channel-tick"),
    ("popup", "channel-popup"),
    ("paper", "channel-paper"),
];
const AGREEMENTS: Words = &[
    ("member", "agreement-member"),
    ("points_card", "agreement-points-card"),
];
const LANGUAGES: Words = &[("zh-CN", "in-chinese"), ("en", "in-english")];
const DEVICES: Words = &[("kiosk", "device-kiosk")];
const SOURCES: Words = &[("kiosk", "device-kiosk"), ("desk", "device-desk")];
const PROOFS: Words = &[("code", "verified-code"), ("staff", "verified-staff")];
const STATES: Words = &[
    ("pending", "state-pending"),
    ("active", "state-active"),
    ("warned", "state-warned"),
    ("restricted", "state-restricted"),
    ("suspended", "state-suspended"),
];
const TIERS: Words = &[("ordinary", "tier-ordinary"), ("senior", "tier-senior")];
const TICKETS: Words = &[
    ("query", "ticket-query"),
    ("correct", "ticket-correct"),
    ("delete", "ticket-delete"),
    ("restrict", "ticket-restrict"),
    ("withdraw", "ticket-withdraw"),
    ("copy", "ticket-copy"),
    ("complaint", "ticket-complaint"),
    ("enquiry", "ticket-enquiry"),
    ("suggestion", "ticket-suggestion"),
    ("violation", "ticket-violation"),
];
const TICKET_STATES: Words = &[
    ("open", "ticket-state-open"),
    ("answered", "ticket-state-answered"),
    ("closed", "ticket-state-closed"),
];
const BASES: Words = &[
    ("agreement", "basis-agreement"),
    ("consent", "basis-consent"),
    ("legal", "basis-law"),
    ("request", "basis-request"),
];
const MERGES: Words = &[("into", "merged-into"), ("of", "merged-of")];
const MOVEMENTS: Words = &[
    ("open", "move-open"),
    ("earn", "move-earn"),
    ("redeem", "move-redeem"),
    ("return", "move-return"),
    ("clawback", "move-clawback"),
    ("repay", "move-repay"),
    ("adjust", "move-adjust"),
    ("expire", "move-expire"),
    ("assess", "move-assess"),
    ("sanction", "move-sanction"),
    ("grant", "move-grant"),
    ("forward", "move-forward"),
    ("merge", "move-merge"),
    ("merge_away", "move-merge-away"),
    ("unmerge", "move-unmerge"),
    ("merge_back", "move-merge-back"),
];

/// The fields that have such words, and which.
const FIELDS: &[(&[Field], Words)] = &[
    (&[Field::ConsentPurpose], PURPOSES),
    (&[Field::ConsentDecision], DECISIONS),
    (&[Field::ConsentChannel], CHANNELS),
    (&[Field::AgreementKind], AGREEMENTS),
    (
        &[
            Field::Language,
            Field::AgreementLanguage,
            Field::ConsentLanguage,
        ],
        LANGUAGES,
    ),
    (
        &[Field::Device, Field::ConsentDevice, Field::LoginDevice],
        DEVICES,
    ),
    (&[Field::Source], SOURCES),
    (&[Field::VerifiedHow], PROOFS),
    (&[Field::AccountState], STATES),
    (&[Field::Tier, Field::TierChanged, Field::SaleTier], TIERS),
    (&[Field::TicketKind], TICKETS),
    (&[Field::TicketState], TICKET_STATES),
    (&[Field::LookBasis], BASES),
    (&[Field::Merged], MERGES),
    (&[Field::EntryWhat], MOVEMENTS),
];

/// What people are told for a word of a field; none where the field has words of its own, or the word is not the program's.
pub(crate) fn words(field: Field, word: &str, language: Language) -> Option<String> {
    if field == Field::LookFields {
        let seen = Field::of_word(word).ok()?;
        return Some(seen.name(language).to_owned());
    }
    if field == Field::LookRole {
        let role = Role::of_word(word)?;
        return Some(either(language, role.zh(), role.en()).to_owned());
    }
    if field == Field::LookPurpose {
        let cause = Cause::of_word(word)?;
        return Some(either(language, cause.zh(), cause.en()).to_owned());
    }
    let (_, known) = FIELDS.iter().find(|(fields, _)| fields.contains(&field))?;
    let (_, key) = known.iter().find(|(known, _)| *known == word)?;
    Some(say(language, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jifen::domain::refusal::AccountState;
    use jifen::policy::agreement::AgreementKind;
    use jifen::policy::purpose::Purpose;
    use jifen::policy::ticket::TicketKind;

    /// Whatever is added to a list of the program has words here too.
    #[test]
    fn every_word_of_a_list_has_words_for_people() {
        let states = [
            AccountState::Pending,
            AccountState::Active,
            AccountState::Warned,
            AccountState::Restricted,
            AccountState::Suspended,
        ];
        let all = Purpose::ALL
            .map(|purpose| (Field::ConsentPurpose, purpose.as_str().to_owned()))
            .into_iter()
            .chain(TicketKind::ALL.map(|kind| (Field::TicketKind, kind.as_str().to_owned())))
            .chain(AgreementKind::ALL.map(|kind| (Field::AgreementKind, kind.as_str().to_owned())))
            .chain(states.map(|state| (Field::AccountState, state.to_string())))
            .chain(
                Role::ALL
                    .iter()
                    .map(|role| (Field::LookRole, role.word().to_owned())),
            )
            .chain(
                Cause::ALL
                    .iter()
                    .map(|cause| (Field::LookPurpose, cause.word().to_owned())),
            )
            .chain(Language::ALL.map(|language| (Field::Language, language.tag().to_owned())))
            .chain([(Field::LookFields, Field::Mobile.word().to_owned())]);
        for (field, word) in all {
            let told = Language::ALL.map(|language| words(field, &word, language));
            let [Some(zh), Some(en)] = told else {
                panic!("{field:?} {word}: {told:?}");
            };
            // In English a role may be called what the program calls it.
            assert!(
                zh != word && zh != en && !en.contains('_'),
                "{word}: {zh} {en}"
            );
        }
        assert_eq!(words(Field::ConsentPurpose, "else", Language::Zh), None);
        assert_eq!(words(Field::Name, "marketing", Language::Zh), None);
    }
}
