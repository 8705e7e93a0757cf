//! `jifen-verify receipt FILE`: what a member was given when their data was gone.

use std::io::Write;
use std::path::Path;

use jifen::audit::check::Worth;
use jifen::audit::checkpoint::VerifierKey;
use jifen::audit::receipt::{DeletionReceipt, EscrowState, Level, check_receipt};

use crate::Done;
use crate::failure::{CLEAN, FAULTS, Failure};
use crate::lang::Lang;

/// Checks a receipt and says what it proves.
pub(crate) fn check(
    file: &Path,
    key: Option<&VerifierKey>,
    lang: Lang,
    out: &mut dyn Write,
) -> Done {
    let text = Failure::text_of(file)?;
    match check_receipt(&text, key) {
        Ok((receipt, _)) => {
            tell(&receipt, lang, out)?;
            if key.is_none() {
                let (word, worth) = (lang.pick("说明", "note"), Worth::OwnReceiptKey);
                let said = lang.pick(worth.zh(), worth.en());
                writeln!(out, "{word} [{}] {said}", worth.code())?;
            }
            writeln!(out, "{}", lang.pick("回执属实", "the receipt holds"))?;
            Ok(CLEAN)
        }
        Err(fault) => {
            let word = lang.pick("问题", "FAULT");
            let said = lang.pick(fault.zh(), fault.en());
            writeln!(out, "{word} [{}] {said}", fault.code())?;
            Ok(FAULTS)
        }
    }
}

/// What the receipt says, proved or only stated: the proved part first.
fn tell(receipt: &DeletionReceipt, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let list = |texts: &[jifen::audit::Text]| {
        let texts: Vec<&str> = texts.iter().map(jifen::audit::Text::as_str).collect();
        texts.join(lang.pick("、", ", "))
    };
    let DeletionReceipt {
        time,
        bucket,
        epoch,
        index,
        size,
        ..
    } = receipt;
    let groups = list(&receipt.groups);
    let proved = lang.pick(
        format!(
            "已证明：{time} 删除了 {groups}（密钥桶 {bucket}，代次 {epoch}），为 {size} 条审计记录中的第 {index} 条"
        ),
        format!(
            "proved: at {time} {groups} was erased (bucket {bucket}, epoch {epoch}), as leaf {index} of {size}"
        ),
    );
    writeln!(out, "{proved}")?;
    let (points, debt) = (
        receipt.points_forfeited.count(),
        receipt.debt_released.count(),
    );
    let stated = lang.pick(
        format!("商店声明：清零积分 {points}，免除欠积分 {debt}"),
        format!("stated by the shop: {points} points forfeited, {debt} points of debt released"),
    );
    writeln!(out, "{stated}")?;
    for escrow in &receipt.escrow {
        let name = &escrow.destination;
        let age = escrow.copied_at.map(|at| at.to_string());
        let age = age.unwrap_or_else(|| lang.pick("无", "none").to_owned());
        let line = match escrow.state {
            EscrowState::Replaced => lang.pick(
                format!("密钥托管 {name}：已替换（副本时间 {age}）"),
                format!("key escrow {name}: replaced (copy of {age})"),
            ),
            EscrowState::Owed => lang.pick(
                format!("密钥托管 {name}：尚待替换（副本时间 {age}）"),
                format!("key escrow {name}: still to be replaced (copy of {age})"),
            ),
        };
        writeln!(out, "{line}")?;
    }
    if !receipt.recipients.is_empty() {
        let names = list(&receipt.recipients);
        let line = lang.pick(
            format!("曾向其提供数据：{names}"),
            format!("had been given the data: {names}"),
        );
        writeln!(out, "{line}")?;
    }
    let level = match receipt.level {
        Level::File => lang.pick(
            "销毁级别：文件（已覆盖文件字节；未检验闪存单元）",
            "level: file (bytes of files were overwritten; flash cells were not tested)",
        ),
    };
    writeln!(out, "{level}")?;
    Ok(())
}
