//! What a call takes and leaves: time, keys, and the spool.

use super::*;

#[test]
fn a_sale_is_signed_sent_and_dropped_from_the_spool() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let client = store.client();
    let call = client.new_call().unwrap();
    let answer = client.sale(&call, &sale()).unwrap();
    assert_eq!((answer.earned, answer.repeated), (19, false));
    assert!(client.pending().unwrap().is_empty());
    let said = store.said();
    check_attempts(&said, call.key);
    assert_eq!(said[0].path, "/pos/v1/sales");
    assert_eq!(said[0].body, serde_json::to_value(sale()).unwrap());
    assert_eq!(said[0].verified.terminal(), "till-1");
}

#[test]
fn every_operation_goes_to_its_address_over_one_connection() {
    let store = Store::new(|_, _| Do::Answer(422, refused("not_offered", "never")));
    let client = store.client();
    let call = client.new_call().unwrap();
    let token = || "jst_1".to_owned();
    let lines = || sale().lines;
    let hold = || "0001-7f".to_owned();
    let slip = || sale().receipt;
    let name = crate::message::refund::SaleName {
        sale_token: Some(token()),
        receipt: None,
    };
    let back = crate::message::refund::RefundLine {
        line: 1,
        quantity: None,
        amount: None,
        rest: Some(true),
    };
    let refund = Refund {
        sale: name,
        receipt: slip(),
        lines: vec![back],
    };
    let errors = [
        client
            .identify(&call, &Identify { code: "99".into() })
            .err(),
        client
            .quote(
                &call,
                &Quote {
                    sale_token: token(),
                    lines: lines(),
                },
            )
            .err(),
        client
            .hold(
                &call,
                &Hold {
                    sale_token: token(),
                    points: 1,
                    lines: lines(),
                },
            )
            .err(),
        client
            .capture(
                &call,
                &Capture {
                    hold: hold(),
                    points: None,
                },
            )
            .err(),
        client.void(&call, &Void { hold: hold() }).err(),
        client.sale(&call, &sale()).err(),
        client.refund(&call, &refund).err(),
        client
            .reversal(
                &call,
                &Reversal {
                    key: Some(call.key),
                    receipt: None,
                    kind: None,
                },
            )
            .err(),
        client.status(&call, &Status { key: call.key }).err(),
        client.sign_on(&call, &SignOn {}).err(),
        client.diagnose(&call, &Diagnose {}).err(),
    ];
    for error in errors {
        assert!(
            matches!(error, Some(TillError::Refused(refused)) if refused.code == "not_offered")
        );
    }
    let paths: Vec<String> = store.said().into_iter().map(|said| said.path).collect();
    let status = format!("/pos/v1/operations/{}", call.key);
    assert_eq!(
        paths,
        [
            "/pos/v1/identify",
            "/pos/v1/quote",
            "/pos/v1/holds",
            "/pos/v1/holds/0001-7f/capture",
            "/pos/v1/holds/0001-7f/void",
            "/pos/v1/sales",
            "/pos/v1/refunds",
            "/pos/v1/reversals",
            &status,
            "/pos/v1/sign-on",
            "/pos/v1/diagnose",
        ]
    );
    assert_eq!(store.connections(), 1);
    assert!(client.pending().unwrap().is_empty());
}

#[test]
fn a_store_that_is_silent_takes_no_longer_than_the_budget() {
    for (does, budget) in [(0, 400), (1, 400), (0, 800), (1, 800)] {
        let store = Store::new(move |_, _| if does == 0 { Do::Silence } else { Do::Trickle });
        let budget = Budget::new(Duration::from_millis(budget));
        let client = store.client().with_budget(budget);
        let call = client.new_call().unwrap();
        let begun = Instant::now();
        let error = client.sale(&call, &sale()).unwrap_err();
        let taken = begun.elapsed();
        assert!(
            matches!(error, TillError::NoAnswer { last: None }),
            "{error}"
        );
        assert!(error.leaves_outcome_open());
        // A retry waits 20 ms first, so a budget may end a little early; and a machine may be busy.
        let at_least = budget.time().saturating_sub(Duration::from_millis(45));
        assert!(
            at_least <= taken && taken < budget.time() + Duration::from_secs(1),
            "{taken:?}"
        );
        let said = store.said();
        assert_eq!(
            said.len(),
            2,
            "half of the time is left for another attempt"
        );
        check_attempts(&said, call.key);
        let pending = client.pending().unwrap();
        assert_eq!((pending.len(), pending[0].key), (1, call.key));
    }
}

#[test]
fn nobody_waits_longer_than_five_seconds() {
    assert_eq!(Budget::default().time(), Duration::from_millis(500));
    assert_eq!(
        Budget::new(Duration::from_mins(1)).time(),
        Duration::from_secs(5)
    );
    assert_eq!(Budget::new(Duration::ZERO).time(), Duration::from_millis(1));
}

#[test]
fn a_store_that_is_not_there_takes_no_longer_than_the_budget() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let clock = TestClock::at(NOW);
    let numbers = MemoryNumbers::above(0);
    let client = Client::new(&origin, credential(), MemorySpool::new(), numbers).unwrap();
    let client = client.with_clock(clock.clone());
    let error = client
        .sale(&client.new_call().unwrap(), &sale())
        .unwrap_err();
    assert!(matches!(error, TillError::NoAnswer { last: None }));
    assert_eq!(clock.pauses(), [20, 40, 80, 160]);
}

#[test]
fn a_no_for_good_ends_the_command() {
    for (status, code, retry) in [
        (400, "bad_request", "never"),
        (404, "token_unknown", "same_key"),
        (409, "key_reused", "never"),
        (422, "too_old", "never"),
        (401, "authority_wrong", "never"),
    ] {
        let store = Store::new(move |_, _| Do::Answer(status, refused(code, retry)));
        let client = store.client();
        let error = client
            .sale(&client.new_call().unwrap(), &sale())
            .unwrap_err();
        assert!(!error.leaves_outcome_open());
        assert_eq!(error.words().zh, "否");
        assert!(matches!(error, TillError::Refused(refused) if refused.code == code));
        assert_eq!(store.said().len(), 1);
        assert!(client.pending().unwrap().is_empty());
    }
}

#[test]
fn an_answer_of_a_newer_store_may_be_unreadable() {
    for status in [200, 422] {
        let store = Store::new(move |_, _| Do::Answer(status, json!({"points": "many"})));
        let client = store.client();
        let error = client
            .sale(&client.new_call().unwrap(), &sale())
            .unwrap_err();
        assert!(matches!(error, TillError::AnswerUnreadable));
        assert!(client.pending().unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_a_request_is_not_sent() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let client = store.client();
    let mut sale = sale();
    sale.lines.clear();
    let error = client.sale(&client.new_call().unwrap(), &sale).unwrap_err();
    assert!(matches!(error, TillError::Refused(refused) if refused == Fault::BasketEmpty.into()));
    assert_eq!(
        (store.connections(), client.pending().unwrap().len()),
        (0, 0)
    );
}

/// A disk that is full.
struct Full;

impl Spool for Full {
    fn begin(&self, _: Key, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn done(&self, _: Key) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn pending(&self) -> io::Result<Vec<Pending>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_command_that_cannot_be_kept_is_not_sent() {
    let store = Store::new(|_, _| Do::Answer(422, refused("not_offered", "never")));
    let client = store.client_with(Full);
    let call = client.new_call().unwrap();
    assert!(matches!(
        client.sale(&call, &sale()),
        Err(TillError::NotSent(_))
    ));
    assert_eq!(store.connections(), 0);
    // What changes nothing needs no keeping.
    let identify = Identify { code: "99".into() };
    assert!(matches!(
        client.identify(&call, &identify),
        Err(TillError::Refused(_))
    ));
}

/// A spool that looks whether the store has heard of a command when it is kept.
struct Watching {
    seen: Arc<Mutex<Seen>>,
    heard_before: Arc<Mutex<Vec<usize>>>,
}

impl Spool for Watching {
    fn begin(&self, _: Key, _: &[u8]) -> io::Result<()> {
        self.heard_before.lock().push(self.seen.lock().said.len());
        Ok(())
    }

    fn done(&self, _: Key) -> io::Result<()> {
        Ok(())
    }

    fn pending(&self) -> io::Result<Vec<Pending>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_key_is_kept_before_the_store_hears_of_it() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let heard_before = Arc::new(Mutex::new(Vec::new()));
    let client = store.client_with(Watching {
        seen: store.seen.clone(),
        heard_before: heard_before.clone(),
    });
    for _ in 0..3 {
        client.sale(&client.new_call().unwrap(), &sale()).unwrap();
    }
    assert_eq!(*heard_before.lock(), [0, 1, 2]);
}

#[test]
fn a_till_that_was_switched_off_sends_again_what_had_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let is_awake = Arc::new(AtomicBool::new(false));
    let awake = is_awake.clone();
    let store = Store::new(move |_, _| {
        let mut answer = sold();
        answer["repeated"] = json!(true);
        if awake.load(Ordering::SeqCst) {
            Do::Answer(200, answer)
        } else {
            Do::Silence
        }
    });
    let budget = Budget::new(Duration::from_millis(100));
    let client = store
        .client_with(KeyFile::open(&path).unwrap())
        .with_budget(budget);
    let call = client.new_call().unwrap();
    assert!(
        client
            .sale(&call, &sale())
            .unwrap_err()
            .leaves_outcome_open()
    );
    drop(client);

    is_awake.store(true, Ordering::SeqCst);
    let client = store.client_with(KeyFile::open(&path).unwrap());
    let pending = client.pending().unwrap();
    assert_eq!((pending.len(), pending[0].key), (1, call.key));
    let Deed::Sale(sold) = client.resend(&pending[0]).unwrap() else {
        panic!("a sale");
    };
    assert!(sold.repeated);
    assert!(client.pending().unwrap().is_empty());
    let keys: BTreeSet<_> = store
        .said()
        .iter()
        .map(|said| said.verified.key())
        .collect();
    assert_eq!(keys, BTreeSet::from([Some(call.key)]));
    assert_eq!(
        store.said().last().unwrap().body,
        serde_json::to_value(sale()).unwrap()
    );

    for operation in [
        &b""[..],
        b"/pos/v1/sales",
        b"/pos/v1/identify\n{}",
        b"/etc/passwd\n{}",
        b"\xff\n{}",
    ] {
        let unfit = Pending {
            key: call.key,
            operation: operation.to_vec(),
        };
        assert!(matches!(client.resend(&unfit), Err(TillError::NotSent(_))));
    }
}

#[test]
fn a_client_serves_many_threads() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let client = store.client().with_budget(Budget::HARD);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    client.sale(&client.new_call().unwrap(), &sale()).unwrap();
                }
            });
        }
    });
    let said = store.said();
    let numbers: BTreeSet<u64> = said.iter().map(|said| said.verified.seq()).collect();
    assert_eq!((said.len(), numbers.len()), (100, 100));
    assert!(store.connections() <= 4);
}

#[test]
fn a_store_has_a_name_too() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let named = store.origin.replace("127.0.0.1", "localhost");
    let numbers = MemoryNumbers::above(0);
    let client = Client::new(&named, credential(), MemorySpool::new(), numbers).unwrap();
    let call = client.new_call().unwrap();
    assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    assert_eq!(
        Client::new(
            "https://store",
            credential(),
            MemorySpool::new(),
            MemoryNumbers::above(0)
        )
        .unwrap_err(),
        OriginError
    );
}

#[test]
fn a_client_prints_no_secret() {
    let store = Store::new(|_, _| Do::Close);
    let text = format!("{:?}", store.client());
    assert!(text.contains("Secret(..)") && !text.contains("90, 90"));
}
