//! What a member takes home: what was lost and destroyed, the leaf with the proof that it is in the audit, and how old
//! each copy of the keys is that could not be replaced yet (privacy §3).

use crate::audit::Hex32;
use crate::audit::receipt::{Copy, CopyState, DeletionReceipt, HowToCheck};
use crate::domain::refusal::Refusal;
use crate::store::StoreError;

use super::super::Engine;
use super::super::rows::{ERASURES, ErasureRow, OwedRow, ReceiptKey};
use super::owed;

impl Engine {
    /// The receipt of an erasure, as things stand now.
    pub(super) fn deletion_receipt(&self, request: ReceiptKey) -> Result<DeletionReceipt, Refusal> {
        let (row, owed) = self.read(|view| {
            let row = ERASURES.row(view.tx, view.keys.mac(), &request)?;
            let row = row.ok_or_else(|| StoreError::Damaged("an erasure is missing".into()))?;
            Ok((row, owed(view)?))
        })?;
        let ErasureRow::V1 {
            erasure,
            bucket,
            epoch,
            act,
        } = row;
        let included = self.included(act)?;
        let escrow = self.escrow();
        let copies = escrow.destinations().into_iter().map(|destination| {
            let is_owed = owed
                .iter()
                .any(|(of, name, OwedRow::V1 { epoch: due, .. })| {
                    *of == bucket && *name == destination && epoch <= *due
                });
            Copy {
                copied_at: escrow.copied_at(&destination, bucket),
                state: if is_owed {
                    CopyState::Owed
                } else {
                    CopyState::Replaced
                },
                destination,
            }
        });
        Ok(DeletionReceipt {
            version: 1,
            time: erasure.at,
            groups: erasure.groups.iter().map(|group| group.word().to_owned()).collect(),
            points_forfeited: erasure.forfeited.count(),
            debt_released: erasure.released.count(),
            bucket,
            epoch,
            leaf: included.line,
            index: included.index,
            size: included.signed.size,
            proof: included.proof.into_iter().map(Hex32::from_bytes).collect(),
            checkpoint: included.signed.note,
            key: self.audit_verifier()?,
            escrow: copies.collect(),
            recipients: erasure.recipients,
            level: "file".to_owned(),
            how_to_check: HowToCheck {
                zh: "将本回执存为文件后运行 jifen-verify receipt 文件名：记录、证明与签名须相符。核对公钥请向商家索取。".to_owned(),
                en: "Save this receipt as a file and run jifen-verify receipt FILE: leaf, proof and signature must fit. Ask the shop for its key.".to_owned(),
            },
        })
    }
}
