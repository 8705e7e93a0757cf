//! The bytes of rows about people, tills and what both were shown.

use super::samples::*;
use super::*;
use crate::domain::ids::MemberId;
use crate::engine::rows::people::MemberV2;
use crate::policy::agreement::AgreementAccepted;
use crate::policy::consent::ConsentEvent;
use crate::policy::notice::Language;
use crate::vault::address::AddressRow;
use crate::vault::pin::VerifierRow;
use crate::vault::profile::ProfileRow;

/// Rows about records that were merged.
pub(super) fn merged(seen: &mut Names) {
    kept!(
        seen,
        "merged",
        MergedRow::V1 {
            into: Some((account_id(), moment(3))),
            of: vec![account_id()],
        }
    );
}

/// Rows about people, tills and what both were shown.
pub(super) fn people(seen: &mut Names) {
    kept!(seen, "member", MemberRow::V1(member()));
    kept!(
        seen,
        "member-v2",
        MemberRow::V2(MemberV2 {
            told: member(),
            handle: [0x8d; 16],
            recipients: vec!["邮局".to_owned(), "printer".to_owned()],
        })
    );
    let mut v3 = MemberV3::new(member(), [0x8d; 16], vec!["邮局".to_owned()]);
    kept!(seen, "member-v3", MemberRow::V3(v3));
    v3 = MemberV3::new(member(), [0x8d; 16], Vec::new());
    v3.source = Source::Desk;
    v3.verified = Some(Verified {
        at: moment(3),
        how: VerifiedHow::Staff("li.lei".to_owned()),
    });
    v3.restricted_since = Some(moment(4));
    v3.reset = Some(Reset {
        hash: [0x5a; 32],
        until: moment(5),
        failed: 2,
    });
    v3.merged = Merged::Of(vec![MemberId::from_bytes([0x77; 16])]);
    v3.warned_at = Some(moment(6));
    v3.last_look = Some(300);
    v3.last_ticket = Some(301);
    v3.identity = Some(Identity {
        checked_by: "han.meimei".to_owned(),
        checked_at: moment(7),
        masked: Some("110101********001X".to_owned()),
        number: Some(IdentityNumber("11010119000307001X".to_owned())),
    });
    kept!(seen, "member-v3-with-all", MemberRow::V3(v3));
    let mut v3 = MemberV3::new(member(), [0x8d; 16], Vec::new());
    v3.verified = Some(Verified {
        at: moment(3),
        how: VerifiedHow::Code,
    });
    v3.merged = Merged::Into(MemberId::from_bytes([0x78; 16]));
    kept!(seen, "member-v3-merged", MemberRow::V3(v3));
    let address = Address::parse("人民路 1 号", "SW1A 1AA").unwrap();
    kept!(seen, "postal", PostalRow::V1(AddressRow::of(&address)));
    kept!(
        seen,
        "sign-in",
        SignInRow::V1 {
            failed: 7,
            wait_until: moment(1),
            day: 17_226,
            of_day: 9,
        }
    );
    kept!(
        seen,
        "notice",
        NoticeRow::V1 {
            number: 2,
            text: "schema = 1\nversion = \"2026.2\"\n".to_owned(),
        }
    );
    kept!(
        seen,
        "terminal",
        TerminalRow::V1 {
            generation: 300,
            added_at: moment(1),
            revoked_at: Some(moment(2)),
        }
    );
    kept!(
        seen,
        "window",
        WindowRow::V1 {
            highest: 1_488_340_800_000,
            seen: u64::MAX - 6,
        }
    );
    kept!(
        seen,
        "token",
        TokenRow::V1 {
            role: Role::All,
            sale: Some(SaleId::new(7, [1; 8])),
        }
    );
    kept!(
        seen,
        "found",
        FoundRow::V1 {
            day: 17_226,
            owner: vec![0x0e; 57],
            body: vec![0xb0; 300],
        }
    );
}

fn member() -> MemberV1 {
    let consent = |purpose, decision, channel| ConsentEvent {
        purpose,
        decision,
        notice_version: "2026.1".to_owned(),
        text_hash: [0x7e; 32],
        language: Language::En,
        channel,
        device: "kiosk".to_owned(),
        at: moment(1),
    };
    let profile = Profile::parse("Li Lei", "+86 138 1234 5678").unwrap();
    let verifier = Verifier::decoy();
    MemberV1 {
        profile: ProfileRow::of(&profile),
        verifier: VerifierRow::of(&verifier),
        card: CardDigits("990000000000000000".to_owned()),
        agreement: AgreementAccepted {
            kind: AgreementKind::PointsCard,
            version: "2026.1".to_owned(),
            text_hash: [0x7a; 32],
            language: Language::Zh,
            at: moment(1),
        },
        age_attested: true,
        consents: vec![
            consent(Purpose::Marketing, Decision::Given, Channel::Tick),
            consent(Purpose::DirectMail, Decision::Refused, Channel::Popup),
            consent(Purpose::Analysis, Decision::Withdrawn, Channel::Paper),
        ],
        language: Language::Zh,
        device: "kiosk".to_owned(),
        enrolled_at: moment(1),
        possible_duplicate: true,
        first_signed_in: Some(moment(2)),
    }
}
