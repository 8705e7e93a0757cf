//! `jifen sweep`: what is past its keeping is destroyed, or, with `--dry-run`, only counted. The keeper does the same every
//! night.

use std::io::Write;

use jifen::engine::Engine;
use jifen::engine::retain::Destruction;
use jifen::policy::retention::RetentionPolicy;

use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::lang::Lang;

/// Enters what is due, tells members who are to be told, and destroys what is past its keeping.
pub(crate) fn sweep(engine: &Engine, policy: &RetentionPolicy) -> Result<Destruction, Failure> {
    engine.sweep()?;
    engine.warn_inactive(policy)?;
    Ok(engine.retain(policy, false)?)
}

/// The same for whoever asked, with what came of it.
pub(crate) fn told(
    (engine, keeper): (&Engine, &Keeper),
    policy: &RetentionPolicy,
    dry: bool,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let destruction = if dry {
        engine.retain(policy, true)?
    } else {
        let destruction = sweep(engine, policy)?;
        keeper.checkpoint()?;
        destruction
    };
    let words = match (dry, destruction.is_empty()) {
        (true, false) => lang.pick("将销毁", "would be destroyed"),
        (false, false) => lang.pick("已销毁", "destroyed"),
        (_, true) => lang.pick("没有超过保存期限的记录", "nothing is past its keeping"),
    };
    writeln!(out, "{words}")?;
    for (kind, gone) in &destruction.gone {
        let name = lang.pick(kind.zh(), kind.en());
        writeln!(
            out,
            "{name}: {} ({} – {})",
            gone.count, gone.oldest, gone.youngest
        )?;
    }
    Ok(())
}
