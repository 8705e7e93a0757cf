//! A person becomes a member: what is refused leaves nothing, what is accepted is kept with its proof, and no two people
//! are treated otherwise because one of them is known.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jifen::domain::ids::MemberId;
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::engine::clock::Entropy;
use jifen::engine::closing::closing;
use jifen::engine::receipt::Receipt;
use jifen::policy::agreement::AgreementKind;
use jifen::policy::consent::{Channel, ConsentEvent, Decision};
use jifen::policy::grant::{Ask, decide};
use jifen::policy::notice::{Language, Notice, Shown};
use jifen::policy::purpose::Purpose;
use jifen::store::memory::MemoryStore;
use jifen::vault::keybox::{TokenHash, TokenKind};
use jifen::vault::tokens::{CardNumber, Prefix};
use jifen_tests::people::{Form, NOTICE, Shop, at_once, counts, keys_of};
use jifen_tests::wishes::{noon, numbered};

/// A right form with one thing made wrong: this code, and nothing is written.
fn check(shop: &Shop, code: &str, spoil: impl Fn(&mut Form)) {
    let mut form = Form::of(1);
    spoil(&mut form);
    let before = shop.rows();
    let refused = form.send(shop.engine(), &numbered(1));
    assert_eq!(refused.unwrap_err().code(), code);
    assert_eq!(shop.rows(), before, "{code}: something was written");
}

#[test]
fn a_wrong_application_hears_its_code_and_nothing_is_written() {
    let shop = Shop::in_memory();
    for name in ["", "  ", "12345", "a\u{202e}b", &"长".repeat(41)] {
        check(&shop, "bad_name", |form| form.name = name.to_owned());
    }
    for mobile in [
        "",
        "1380000123",
        "138000012345",
        "13800001O34",
        "02012345678",
    ] {
        check(&shop, "bad_mobile", |form| form.mobile = mobile.to_owned());
    }
    for pin in ["", "20495", "2049571", "20495a"] {
        check(&shop, "pin_shape", |form| form.pin = pin.to_owned());
    }
    // The last six digits of the form's own phone.
    for pin in ["123456", "888888", "199001", "000001"] {
        check(&shop, "pin_common", |form| form.pin = pin.to_owned());
    }
    check(&shop, "age_needed", |form| form.age_attested = false);
    check(&shop, "agreement_needed", |form| form.accepted = false);
    for version in ["", "M-2016.9", "2017.1"] {
        check(&shop, "agreement_needed", |form| {
            form.agreement_version = version.to_owned();
        });
    }
    // The version is the other agreement's.
    check(&shop, "agreement_needed", |form| {
        form.kind = AgreementKind::PointsCard;
    });
    for version in ["", "2016.9"] {
        check(&shop, "notice_outdated", |form| {
            form.notice_version = version.to_owned();
        });
    }
    let boxes = [
        vec![("religion", true)],
        vec![("religion", false)],
        vec![("membership", true)],
        vec![("marketing", true), ("marketing", false)],
    ];
    for boxes in boxes {
        check(&shop, "bad_consent", |form| form.consents = boxes.clone());
    }
    for device in ["", "kiosk\n1"] {
        check(&shop, "bad_consent", |form| form.device = device.to_owned());
    }

    // None of them was remembered: the corrected form goes through under the same key.
    let enrolled = Form::of(1).send(shop.engine(), &numbered(1)).unwrap();
    assert!(!enrolled.repeated);
    shop.bench.assert_verified("the refused and the accepted");
}

#[test]
fn everything_wrong_is_told_in_one_order() {
    let shop = Shop::in_memory();
    let right = Form::of(1);
    let mut form = Form {
        name: String::new(),
        mobile: "1380000123".to_owned(),
        pin: "1".to_owned(),
        age_attested: false,
        accepted: false,
        notice_version: "0".to_owned(),
        consents: vec![("religion", true)],
        ..right.clone()
    };
    let mut told = Vec::new();
    while let Err(refusal) = form.send(shop.engine(), &numbered(1)) {
        told.push(refusal.code());
        match refusal.code() {
            "bad_name" => form.name.clone_from(&right.name),
            "bad_mobile" => form.mobile.clone_from(&right.mobile),
            "pin_shape" => form.pin = "123456".to_owned(),
            "pin_common" => form.pin.clone_from(&right.pin),
            "age_needed" => form.age_attested = true,
            "agreement_needed" => form.accepted = true,
            "notice_outdated" => form.notice_version.clone_from(&right.notice_version),
            "bad_consent" => form.consents.clear(),
            other => panic!("{other} was not wrong"),
        }
    }
    let order = [
        "bad_name",
        "bad_mobile",
        "pin_shape",
        "pin_common",
        "age_needed",
        "agreement_needed",
        "notice_outdated",
        "bad_consent",
    ];
    assert_eq!(told, order);
}

#[test]
fn a_shop_without_a_notice_enrols_nobody() {
    let keys = keys_of(9);
    let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
    let seeds = Arc::new(Twice(AtomicU64::new(0)));
    let shop = Shop::drawing(store, keys, noon(), seeds);
    let before = shop.rows();
    let refused = Form::of(1).send(shop.engine(), &numbered(1));
    assert_eq!(refused.unwrap_err().code(), "no_notice");
    assert_eq!(shop.rows(), before);
}

/// CON-03: refusing every optional purpose takes nothing away.
#[test]
fn who_refuses_every_purpose_earns_and_redeems_like_anybody() {
    let shop = Shop::in_memory();
    let refusing = Purpose::OPTIONAL.map(|purpose| (purpose.as_str(), false));
    let form = Form {
        consents: refusing.to_vec(),
        ..Form::of(1)
    };
    let anna = shop.join(&numbered(1), &form);
    let own = shop.own_data(anna.member).unwrap();
    assert!(
        own.consents
            .iter()
            .all(|it| it.decision == Decision::Refused)
    );
    assert_eq!(
        shop.engine()
            .sign_in(&anna.card, &anna.pin, "kiosk-1")
            .unwrap()
            .gift
            .count(),
        100
    );

    let known = shop.identify(&numbered(2), &anna.card).unwrap();
    assert!(known.may_earn);
    let card = known.token.text();
    let earned = shop.sell(&numbered(3), &card, "s1", &[]).unwrap();
    assert!(matches!(earned.receipt, Receipt::Sold(sold) if sold.earned.count() == 200));

    let token = shop.shown(&numbered(4), &anna);
    let hold = shop.hold(&numbered(5), &token, 300).unwrap();
    let paid = shop.sell(&numbered(6), &token, "s2", &[hold]).unwrap();
    let Receipt::Sold(paid) = paid.receipt else {
        panic!("not a sale: {paid:?}")
    };
    assert_eq!(
        (paid.used.count(), paid.worth.display(2)),
        (300, "3.00".to_owned())
    );
    shop.bench.assert_verified("a member who refused");
}

#[test]
fn the_same_application_again_gives_the_same_card_and_another_one_is_refused() {
    let shop = Shop::in_memory();
    let form = Form::of(1);
    let first = form.send(shop.engine(), &numbered(1)).unwrap();
    let written = shop.rows();
    for _ in 0..3 {
        let again = form.send(shop.engine(), &numbered(1)).unwrap();
        assert_eq!((&again.card, again.state), (&first.card, first.state));
        assert!(again.repeated && !first.repeated);
    }
    // Also after a restart, and when the notice has changed meanwhile.
    let next = NOTICE.replace("version = \"2017.1\"", "version = \"2017.2\"");
    let shop = shop.reopened(2);
    assert_eq!(
        form.send(shop.engine(), &numbered(1)).unwrap().card,
        first.card
    );
    assert_eq!(shop.rows(), written);
    shop.engine().publish(&next).unwrap();
    assert_eq!(
        form.send(shop.engine(), &numbered(1)).unwrap().card,
        first.card
    );

    let written = shop.rows();
    let others: [fn(&mut Form); 4] = [
        |form| form.name = "王小红".to_owned(),
        |form| form.mobile = "13800000002".to_owned(),
        |form| form.consents = vec![("marketing", true)],
        |form| form.language = Language::En,
    ];
    for change in others {
        let mut other = form.clone();
        change(&mut other);
        let refused = other.send(shop.engine(), &numbered(1));
        assert_eq!(refused.unwrap_err(), Refusal::KeyReused);
    }
    assert_eq!(shop.rows(), written);
    shop.bench.assert_verified("an application that came again");
}

#[test]
fn the_same_application_at_once_makes_one_member() {
    let shop = Shop::in_memory();
    let before = counts(&shop.rows());
    let answers = at_once(8, |_| Form::of(1).send(shop.engine(), &numbered(1)));
    let cards: BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().card.digits())
        .collect();
    assert_eq!(cards.len(), 1);
    let first = answers.iter().filter(|it| !it.as_ref().unwrap().repeated);
    assert_eq!(first.count(), 1);
    let after = counts(&shop.rows());
    for table in ["members", "accounts", "receipts"] {
        assert_eq!(after[table], before[table] + 1, "{table}");
    }
    for card in cards {
        assert!(
            shop.engine()
                .sign_in(&card, &Form::of(1).pin, "kiosk-1")
                .is_ok()
        );
    }
    shop.bench.assert_verified("eight at once");
}

/// What an applicant can see is the same; so is the room that the rows take.
#[test]
fn a_known_phone_and_an_unknown_one_get_the_same_answer() {
    let shop = Shop::in_memory();
    Form::of(1).send(shop.engine(), &numbered(1)).unwrap();
    let mut seen = Vec::new();
    for (key, mobile) in [(2, Form::of(1).mobile), (3, Form::of(2).mobile)] {
        let before = shop.rows();
        let form = Form {
            name: "李小华".to_owned(),
            mobile,
            ..Form::of(0)
        };
        let enrolled = form.send(shop.engine(), &numbered(key)).unwrap();
        let after = shop.rows();
        let sizes = |table: &str| {
            let rows = after[table]
                .iter()
                .filter(|row| !before[table].contains(row));
            rows.map(|(key, value)| (key.len(), value.len()))
                .collect::<Vec<_>>()
        };
        let person = shop.person(&enrolled.card.digits(), &form.pin);
        let own = shop.own_data(person.member).unwrap();
        let balance = shop.engine().statement(person.account).unwrap().balance;
        seen.push((
            (
                enrolled.state,
                enrolled.repeated,
                enrolled.card.digits().len(),
            ),
            (own.profile.masked_name(), own.consents, own.enrolled_at),
            (sizes("members"), sizes("receipts"), sizes("accounts")),
            (
                counts(&after)["members"] - counts(&before)["members"],
                balance,
            ),
        ));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0.0, AccountState::Active);
    // After a restart the index of phones is another one, and it is the same again.
    let shop = shop.reopened(2);
    assert!(Form::of(1).send(shop.engine(), &numbered(4)).is_ok());
    shop.bench.assert_verified("phones known and unknown");
}

/// SEC-02, CON-02, MEM-04.
#[test]
fn own_data_is_masked_and_each_consent_has_all_that_proves_it() {
    let shop = Shop::in_memory();
    let notice = Notice::parse(NOTICE).unwrap();
    let people = [
        (
            1,
            Language::Zh,
            "欧阳小明",
            "13800001234",
            ("欧＊＊", "138****1234"),
        ),
        (
            2,
            Language::En,
            "Quillon",
            "+12015550123",
            ("Q＊＊", "+1 20****0123"),
        ),
    ];
    for (number, language, name, mobile, masked) in people {
        let form = Form {
            language,
            name: name.to_owned(),
            mobile: mobile.to_owned(),
            consents: vec![("analysis", true), ("marketing", false)],
            device: format!("kiosk-{number}"),
            ..Form::of(number)
        };
        shop.wait(1_000);
        let person = shop.join(&numbered(number), &form);
        let at = shop.engine().now();
        shop.wait(1_000);
        let own = shop.own_data(person.member).unwrap();
        let (name, mobile) = (own.profile.masked_name(), own.profile.masked_mobile());
        assert_eq!((name.as_str(), mobile.as_str()), masked);
        assert_eq!(
            (own.card.digits(), own.enrolled_at),
            (person.card.clone(), at)
        );
        assert_eq!(own.language, language);

        let expected = Purpose::OPTIONAL.map(|purpose| ConsentEvent {
            purpose,
            decision: match purpose {
                Purpose::Analysis => Decision::Given,
                _ => Decision::Refused,
            },
            notice_version: notice.version().to_owned(),
            text_hash: notice.text_hash(Shown::Consent(purpose), language),
            language,
            channel: Channel::Tick,
            device: format!("kiosk-{number}"),
            at,
        });
        assert_eq!(own.consents, expected);
        let printed = format!("{own:?}");
        for hidden in [form.name.as_str(), &form.mobile[1..], &person.card] {
            assert!(!printed.contains(hidden), "{printed}");
        }
    }
}

#[test]
fn a_grant_for_one_member_opens_no_other() {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1)).member;
    let bo = shop.join(&numbered(2), &Form::of(2)).member;
    let nobody = MemberId::from_bytes([1; 16]);
    let of = |signed_in, member| decide(&Ask::OwnData { signed_in, member });
    assert!(of(anna, bo).is_err());
    let ask = |whose, leave| {
        shop.engine()
            .own_data(whose, &leave)
            .map(|own| own.enrolled_at)
    };
    assert!(ask(anna, of(anna, anna).unwrap()).is_ok());
    let strange = [
        (bo, of(anna, anna).unwrap()),
        (anna, decide(&Ask::SignIn { member: anna }).unwrap()),
        (anna, decide(&Ask::DuplicateCheck).unwrap()),
        (nobody, of(nobody, nobody).unwrap()),
    ];
    for (whose, leave) in strange {
        assert_eq!(ask(whose, leave), Err(Refusal::TokenUnknown));
    }
}

/// Gives every seed twice, so that only a look at the numbers given out keeps cards apart.
struct Twice(AtomicU64);

impl Entropy for Twice {
    fn seed(&self) -> [u8; 32] {
        let number = self.0.fetch_add(1, Ordering::SeqCst) / 2;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        seed
    }
}

/// MEM-01, with the numbers alone: hashing ten thousand PINs takes minutes.
#[test]
fn ten_thousand_card_numbers_are_distinct_and_none_is_given_again() {
    let keys = keys_of(9);
    let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
    let seeds = Arc::new(Twice(AtomicU64::new(0)));
    let shop = Shop::drawing(store, keys, noon(), seeds);
    let account = shop.engine().draw_account().unwrap();
    let keybox = shop.keys.keybox();
    let member = keybox.of_account(&account).unwrap().member;
    let mut seen = BTreeSet::new();
    for number in 0..10_000 {
        let card = shop.engine().draw_card();
        let digits = card.digits();
        assert!(digits.starts_with("990") && digits.len() == 18);
        assert_eq!(CardNumber::parse(&digits, Prefix::DEFAULT), Ok(card));
        let hash = TokenHash::of(&digits);
        keybox.add_token(member, hash, TokenKind::Card).unwrap();
        if number % 100 == 0 {
            keybox.revoke_token(&hash).unwrap();
        }
        assert!(seen.insert(digits), "a number was given twice");
    }
}
