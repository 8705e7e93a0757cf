//! `jifen member merge` and `jifen member unmerge`: what moves is shown first, and the member confirms it (QLT-03).

use std::io::Write;

use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use jifen::engine::audit::Actor;
use jifen::engine::merge::Confirmation;

use super::{Typed, new_key};
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::lang::Lang;

/// Merges two records, once the member has confirmed with the PIN of the one that stays.
pub(super) fn merge(
    engine: &Engine,
    keeper: &Keeper,
    (card, other): (&str, &str),
    pin: Option<&Typed>,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let accounts = (
        engine.account_of_card(card)?,
        engine.account_of_card(other)?,
    );
    let members = (
        engine.member_of_account(accounts.0)?,
        engine.member_of_account(accounts.1)?,
    );
    let words = [
        lang.pick("保留的记录", "the record that stays"),
        lang.pick("另一份记录", "the other record"),
    ];
    for (account, word) in [accounts.0, accounts.1].into_iter().zip(words) {
        let is = engine.statement(account)?;
        let (points, debt) = (lang.pick("积分", "points"), lang.pick("欠积分", "owed"));
        let (held, sales) = (lang.pick("预扣", "held"), lang.pick("笔消费", "sales"));
        writeln!(
            out,
            "{word}: {} {points}, {} {held}, {} {debt}, {} {sales}",
            is.balance, is.held, is.debt, is.totals.sales
        )?;
    }
    let Some(Typed(pin)) = pin else {
        return Err(Refusal::MergeUnconfirmed.into());
    };
    let said = Confirmation {
        confirmed: true,
        pin,
        codes: &[],
        device: "server",
    };
    let proof = engine.prove_merge(members.0, members.1, &said)?;
    let actor = Actor::operator();
    let merged = engine.merge(&new_key()?, members.0, members.1, proof, &actor)?;
    keeper.checkpoint()?;
    let words = lang.pick("已合并；积分余额", "merged; points now");
    let until = lang.pick("可撤销至", "can be undone until");
    writeln!(
        out,
        "{words} {}, {until} {}",
        merged.balance, merged.undo_until
    )?;
    Ok(())
}

/// Undoes a merge.
pub(super) fn unmerge(
    engine: &Engine,
    keeper: &Keeper,
    (card, other): (&str, &str),
    confirmed: bool,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let survivor = engine.member_of_account(engine.account_of_card(card)?)?;
    let other = engine.member_of_account(engine.account_of_card(other)?)?;
    let merges = engine.merges_of(survivor)?;
    let merge = merges.iter().find(|merge| merge.member == other);
    let merge = merge.ok_or(Refusal::NotMerged)?;
    let (at, until) = (
        lang.pick("合并于", "merged at"),
        lang.pick("可撤销至", "can be undone until"),
    );
    writeln!(
        out,
        "{at} {}, {until} {}",
        merge.merged_at, merge.undo_until
    )?;
    if !confirmed {
        return Err(Refusal::MergeUnconfirmed.into());
    }
    let undone = engine.unmerge(&new_key()?, survivor, other, &Actor::operator())?;
    keeper.checkpoint()?;
    let words = lang.pick("已撤销；积分余额", "undone; points now");
    writeln!(out, "{words} {}, {}", undone.balance, undone.other_balance)?;
    Ok(())
}
