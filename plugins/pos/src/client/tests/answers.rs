//! Answers that are not the store's, and the ways in which an answer may be framed.

use super::*;

#[test]
fn an_answer_that_the_store_did_not_give_is_refused() {
    type Does = fn() -> Do;
    let table: [(Does, u16, SignatureError); 7] = [
        (|| Do::Unsigned(200), 200, SignatureError::Missing),
        (|| Do::Unsigned(401), 401, SignatureError::Missing),
        (|| Do::Unsigned(422), 422, SignatureError::Missing),
        (|| Do::OfAnother, 200, SignatureError::Wrong),
        (
            || {
                Do::Bent(|answer| {
                    *answer.body_mut() = sold().to_string().replace("19", "91").into_bytes();
                })
            },
            200,
            SignatureError::DigestWrong,
        ),
        (
            || Do::Bent(|answer| *answer.status_mut() = http::StatusCode::CREATED),
            201,
            SignatureError::Wrong,
        ),
        (
            || Do::Bent(|answer| drop(answer.headers_mut().remove("signature-input"))),
            200,
            SignatureError::Missing,
        ),
    ];
    for (does, expected, why) in table {
        let store = Store::new(move |_, _| does());
        let client = store.client();
        let call = client.new_call().unwrap();
        let error = client.sale(&call, &sale()).unwrap_err();
        let TillError::AnswerNotAuthentic { status, error } = error else {
            panic!("{error}");
        };
        assert_eq!((status, error), (expected, why));
        assert_eq!(client.pending().unwrap().len(), 1, "the outcome is unknown");
    }
}

#[test]
fn an_answer_to_an_earlier_request_is_refused() {
    let first = Arc::new(Mutex::new(None));
    let store = Store::new(move |said, _| {
        let mut first = first.lock();
        let Some((said, answer)) = first.as_ref() else {
            let mut answer = Response::new(sold().to_string().into_bytes());
            let binding = said.verified.binding();
            sign_answer(&mut answer, credential().secret(), binding, 1).unwrap();
            *first = Some((said.clone(), answer));
            return Do::Answer(200, sold());
        };
        assert_eq!(said.path, "/pos/v1/sales");
        KEPT.with(|kept| *kept.borrow_mut() = Some(answer.clone()));
        Do::Written(|_| {
            let answer = KEPT.with(|kept| kept.borrow().clone()).unwrap();
            written(
                &answer,
                &format!("content-length: {}", answer.body().len()),
                answer.body(),
            )
        })
    });
    let client = store.client();
    assert!(client.sale(&client.new_call().unwrap(), &sale()).is_ok());
    let error = client
        .sale(&client.new_call().unwrap(), &sale())
        .unwrap_err();
    assert!(matches!(
        error,
        TillError::AnswerNotAuthentic {
            status: 200,
            error: SignatureError::Wrong
        }
    ));
}

thread_local! {
    static KEPT: std::cell::RefCell<Option<Response<Vec<u8>>>> = const { std::cell::RefCell::new(None) };
}

#[test]
fn what_comes_unasked_is_not_taken_for_an_answer() {
    let store = Store::new(|_, _| {
        Do::Written(|answer| {
            let length = answer.body().len();
            let mut bytes = written(answer, &format!("content-length: {length}"), answer.body());
            bytes.extend(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
            bytes
        })
    });
    let client = store.client();
    for _ in 0..3 {
        let call = client.new_call().unwrap();
        assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    }
    assert_eq!(store.connections(), 3);
}

#[test]
fn answers_are_read_however_they_are_framed() {
    let whole: [Writes; 4] = [
        |answer| {
            let (one, two) = answer.body().split_at(7);
            let two = [format!("{:X};a=b\r\n", two.len()).as_bytes(), two].concat();
            let body = [b"7\r\n", one, b"\r\n", &two[..], b"\r\n0\r\nx: y\r\n\r\n"].concat();
            written(answer, "Transfer-Encoding: Chunked", &body)
        },
        |answer| {
            let early = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".to_vec();
            let length = answer.body().len();
            [
                early,
                written(answer, &format!("content-length: {length}"), answer.body()),
            ]
            .concat()
        },
        |answer| {
            let length = answer.body().len();
            written(
                answer,
                &format!("connection: x, Close\r\ncontent-length: {length}"),
                answer.body(),
            )
        },
        |answer| {
            let length = answer.body().len();
            let text = written(answer, &format!("content-length: {length}"), answer.body());
            let text = String::from_utf8(text).unwrap();
            text.replacen("HTTP/1.1", "HTTP/1.0", 1).into_bytes()
        },
    ];
    for write in whole {
        let store = Store::new(move |_, _| Do::Written(write));
        let client = store.client();
        for _ in 0..2 {
            let call = client.new_call().unwrap();
            assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
        }
    }

    let broken: [Writes; 10] = [
        |_| b"HTTP/2 200\r\n\r\n".to_vec(),
        |_| b"220 smtp ready\r\n".to_vec(),
        |answer| written(answer, "x: y", answer.body()),
        |answer| written(answer, "content-length: +5", answer.body()),
        |answer| {
            written(
                answer,
                "content-length: 99999999999999999999",
                answer.body(),
            )
        },
        |answer| {
            written(
                answer,
                "content-length: 5\r\ncontent-length: 6",
                answer.body(),
            )
        },
        |answer| {
            written(
                answer,
                "content-length: 5\r\ntransfer-encoding: chunked",
                answer.body(),
            )
        },
        |answer| written(answer, "transfer-encoding: gzip, chunked", answer.body()),
        |answer| written(answer, "transfer-encoding: chunked", b"-1\r\n"),
        |_| [b"HTTP/1.1 200 OK\r\nx: ", &vec![b'y'; 100_000][..]].concat(),
    ];
    for (place, write) in broken.into_iter().enumerate() {
        let store = Store::new(move |_, before| {
            if before == 0 {
                Do::Written(write)
            } else {
                Do::Answer(200, sold())
            }
        });
        let client = store.client().with_clock(TestClock::at(NOW));
        let call = client.new_call().unwrap();
        assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19, "{place}");
        assert_eq!(store.said().len(), 2, "{place}");
    }
}
