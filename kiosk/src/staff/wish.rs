//! `jifen staff …`: accounts, roles and blocks, by whoever works on the shop's own machine. What is secret is printed once
//! and is never an argument.

use std::io::Write;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Day;
use jifen::engine::Engine;
use jifen::engine::staff::{Account, Asker, Fresh};
use jifen::policy::access::{Degree, Hands, Line, Part, Role, RoleGrant, Sight};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::lang::Lang;

/// A role with its days, as the command line says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) role: String,
    pub(crate) from: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) store: Option<String>,
}

/// What to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// Somebody has an account from now on.
    Add {
        name: String,
        display: Option<String>,
        given: Given,
    },
    /// Every account.
    List,
    /// What somebody may do, written out (ACC-02).
    Show(String),
    /// Nobody uses this account any more.
    Block {
        name: String,
        degree: String,
        reason: String,
        reference: String,
    },
    /// It can be used again.
    Unblock(String),
    /// A new password is drawn, and a new secret of the authenticator where that is asked.
    Password { name: String, totp: bool },
    /// A role for these days.
    Grant { name: String, given: Given },
    /// A role less.
    Revoke { name: String, role: String },
}

/// Does it.
pub(crate) fn staff(
    engine: &Engine,
    wish: &Wish,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let asker = Asker::Operator;
    match wish {
        Wish::Add {
            name,
            display,
            given,
        } => {
            let grant = grant(engine, given)?;
            let display = display.as_deref().unwrap_or(name);
            fresh(&engine.add_staff(&asker, name, display, &[grant])?, out)?;
        }
        Wish::List => list(&engine.staff(&asker)?, lang, out)?,
        Wish::Show(name) => {
            let (account, lines) = engine.staff_report(&asker, name)?;
            show(&account, &lines, lang, out)?;
        }
        Wish::Block {
            name,
            degree,
            reason,
            reference,
        } => {
            let degree = Degree::of_word(degree).ok_or(Refusal::BadReason)?;
            engine.block_staff(&asker, name, degree, (reason, reference))?;
            writeln!(out, "{name} {}", lang.pick("已停用", "blocked"))?;
        }
        Wish::Unblock(name) => {
            engine.unblock_staff(&asker, name)?;
            writeln!(out, "{name} {}", lang.pick("已恢复", "unblocked"))?;
        }
        Wish::Password { name, totp } => {
            fresh(&engine.reset_staff(&asker, name, *totp)?, out)?;
        }
        Wish::Grant { name, given } => {
            engine.grant_role(&asker, name, &grant(engine, given)?)?;
            writeln!(out, "{name} + {}", given.role)?;
        }
        Wish::Revoke { name, role } => {
            let of = Role::of_word(role).ok_or(Refusal::BadGrant)?;
            engine.revoke_role(&asker, name, of)?;
            writeln!(out, "{name} - {role}")?;
        }
    }
    Ok(())
}

/// A role with its days: from today on where no day is said.
fn grant(engine: &Engine, given: &Given) -> Result<RoleGrant, Refusal> {
    let day = |text: &String| day(text).ok_or(Refusal::BadGrant);
    let from = given.from.as_ref().map(day).transpose()?;
    Ok(RoleGrant {
        role: Role::of_word(&given.role).ok_or(Refusal::BadGrant)?,
        from: from.unwrap_or_else(|| engine.shop_day()),
        until: given.until.as_ref().map(day).transpose()?,
        store: given.store.clone(),
    })
}

/// A day as it is written: 2026-12-31.
pub(crate) fn day(text: &str) -> Option<Day> {
    text.parse().map(Day::new).ok()
}

/// One line each for scripts too: the words are the same in both languages.
fn fresh(fresh: &Fresh, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "account {}", fresh.name)?;
    writeln!(out, "password {}", fresh.password.as_str())?;
    if let Some(otpauth) = &fresh.otpauth {
        writeln!(out, "authenticator {}", otpauth.as_str())?;
    }
    Ok(())
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}

fn list(accounts: &[Account], lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = table(&[
        lang.pick("账号", "account"),
        lang.pick("姓名", "name"),
        lang.pick("岗位", "roles"),
        lang.pick("状态", "state"),
    ]);
    for account in accounts {
        let roles = account.grants.iter().map(|grant| {
            let until = grant.until.map(|until| format!(" –{until}"));
            format!("{}{}", grant.role.word(), until.unwrap_or_default())
        });
        table.add_row([
            account.name.clone(),
            account.display.clone(),
            roles.collect::<Vec<_>>().join(", "),
            state(account, lang).to_owned(),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn state(account: &Account, lang: Lang) -> &'static str {
    if account.is_blocked {
        lang.pick("已停用", "blocked")
    } else if account.is_due {
        lang.pick("须改密码", "password due")
    } else {
        lang.pick("正常", "active")
    }
}

/// Fields × operations, each with the grant that it comes from.
fn show(account: &Account, lines: &[Line], lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "{} {} ({})",
        account.name,
        account.display,
        state(account, lang)
    )?;
    let mut table = table(&[
        lang.pick("操作", "operation"),
        lang.pick("字段", "field"),
        lang.pick("级别", "level"),
        lang.pick("方式", "how"),
        lang.pick("岗位", "role"),
        lang.pick("门店", "store"),
        lang.pick("有效期", "valid"),
    ]);
    for line in lines {
        let how = match (line.part, line.hands) {
            (Part::Approve, _) => lang.pick("批准他人", "approves for others"),
            (Part::Do, Hands::Second) => lang.pick("须另一人批准", "with a second person"),
            (Part::Do, Hands::Alone) => lang.pick("本人执行", "alone"),
        };
        let seen = match (line.field, line.sight) {
            (Some(_), Sight::Masked) => lang.pick("，脱敏", ", masked"),
            (Some(_), Sight::Clear) => lang.pick("，明文", ", clear"),
            (None, _) => "",
        };
        let field = line.field;
        let level = field.map(|field| field.level().number().to_string());
        let until = line.until.map(|until| until.to_string());
        let over = if line.in_force {
            ""
        } else {
            lang.pick("（现不生效）", " (not now)")
        };
        table.add_row([
            lang.pick(line.operation.zh(), line.operation.en())
                .to_owned(),
            field
                .map(|field| lang.pick(field.zh(), field.en()).to_owned())
                .unwrap_or_default(),
            level.unwrap_or_default(),
            format!("{how}{seen}"),
            lang.pick(line.role.zh(), line.role.en()).to_owned(),
            line.store.clone().unwrap_or_else(|| "*".to_owned()),
            format!("{} – {}{over}", line.from, until.unwrap_or_default()),
        ]);
    }
    writeln!(out, "{table}")?;
    for breach in &account.breaches {
        writeln!(
            out,
            "{} {} {}: {} {}",
            breach.at.to_rfc3339(),
            lang.pick(breach.degree.zh(), breach.degree.en()),
            breach.by,
            breach.reason,
            breach.reference
        )?;
    }
    Ok(())
}
