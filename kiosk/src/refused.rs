//! A "no" of the engine, as it goes over the wire: the same code and words everywhere, and one status for each code.

use std::borrow::Cow;

use http::{Response, StatusCode};
use jifen::domain::refusal::{Refusal, Retry};
use jifen_pos::message::{Refused, Retry as WireRetry, Words};

use crate::http::refuse;

/// The engine's "no" in the words of POS v1.
pub(crate) fn refused(refusal: &Refusal) -> Refused {
    let retry = match refusal.retry() {
        Retry::Never => WireRetry::Never,
        Retry::SameKey => WireRetry::SameKey,
        Retry::Later => WireRetry::Later,
    };
    Refused {
        code: Cow::Borrowed(refusal.code()),
        message: Words {
            zh: Cow::Owned(refusal.zh()),
            en: Cow::Owned(refusal.en()),
        },
        retry,
    }
}

/// The engine's "no" as an answer.
pub(crate) fn refusal(refusal: &Refusal) -> Response<Vec<u8>> {
    answer(&refused(refusal))
}

/// A "no" as an answer.
pub(crate) fn answer(refused: &Refused) -> Response<Vec<u8>> {
    let retry = match refused.retry {
        WireRetry::Never => Retry::Never,
        WireRetry::SameKey => Retry::SameKey,
        WireRetry::Later => Retry::Later,
    };
    let status = status_of(&refused.code);
    let Words { zh, en } = &refused.message;
    refuse(status, &refused.code, zh, en, retry)
}

/// The status of a code (pos-interface §1): 400 shape, 401 who speaks, 403 not allowed, 404 unknown, 409 conflict, 410 gone,
/// 422 by rule, 429 slow down, 500 and 503 of the house.
pub(crate) fn status_of(code: &str) -> StatusCode {
    match code {
        "bad_request"
        | "bad_key"
        | "member_unclear"
        | "sale_unclear"
        | "original_unclear"
        | "basket_empty"
        | "too_many_lines"
        | "bad_label"
        | "bad_quantity"
        | "bad_amount"
        | "negative_amount"
        | "amount_too_large"
        | "bad_receipt"
        | "bad_time"
        | "bad_text"
        | "card_number_in_text"
        | "too_many_parts"
        | "nothing_to_refund"
        | "refund_line_unclear"
        | "bad_reason"
        | "bad_name"
        | "bad_mobile"
        | "pin_shape"
        | "bad_terminal"
        | "bad_address"
        | "bad_consent"
        | "bad_ticket_text"
        | "bad_contact"
        | "bad_identity"
        | "bad_staff_name"
        | "bad_grant"
        | "password_shape" => StatusCode::BAD_REQUEST,
        "sign_in_failed"
        | "code_wrong"
        | "sign_in_needed"
        | "staff_sign_in_failed"
        | "staff_sign_in_needed"
        | "terminal_unknown"
        | "signature_missing"
        | "signature_malformed"
        | "header_repeated"
        | "header_missing"
        | "signature_components_wrong"
        | "signature_life_wrong"
        | "signature_wrong"
        | "digest_wrong"
        | "authority_wrong"
        | "signature_early"
        | "signature_expired"
        | "signature_before_start"
        | "nonce_replayed"
        | "sequence_stale" => StatusCode::UNAUTHORIZED,
        "code_needed"
        | "state_forbids"
        | "consent_needed"
        | "phone_code_needed"
        | "use_not_consented"
        | "not_granted"
        | "grant_expired"
        | "password_due"
        | "second_person_needed"
        | "merge_unproved" => StatusCode::FORBIDDEN,
        "token_unknown" | "sale_unknown" | "hold_unknown" | "line_unknown"
        | "operation_unknown" | "sector_unknown" | "ticket_unknown" | "staff_unknown"
        | "proposal_unknown" => StatusCode::NOT_FOUND,
        "key_reused"
        | "account_exists"
        | "terminal_exists"
        | "notice_outdated"
        | "erasure_unconfirmed"
        | "already_verified"
        | "ticket_closed"
        | "staff_exists"
        | "proposal_state"
        | "already_merged"
        | "merge_unconfirmed"
        | "holds_open" => StatusCode::CONFLICT,
        "hold_lapsed" | "hold_voided" | "hold_captured" | "hold_used" | "already_reversed"
        | "proposal_lapsed" => StatusCode::GONE,
        "slow_down" | "sign_in_locked" | "too_many_codes" => StatusCode::TOO_MANY_REQUESTS,
        "try_again" | "outcome_unknown" | "store_damaged" | "disk_full" | "store_in_use"
        | "store_failed" | "keys_failed" | "clock_untrusted" | "other_install" | "keys_too_old"
        | "no_notice" | "message_not_sent" => StatusCode::SERVICE_UNAVAILABLE,
        // By rule: the engine's other codes.
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
