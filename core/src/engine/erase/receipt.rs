//! What a member takes home: what was lost and destroyed, the leaf with the proof that it is in the audit, and how old
//! each copy of the keys is that could not be replaced yet (privacy §3).

use crate::audit::receipt::{
    DeletionReceipt, Escrow as EscrowCopy, EscrowState, HowToCheck, Level, RECEIPT_VERSION,
};
use crate::audit::{Hex32, Text};
use crate::domain::refusal::Refusal;
use crate::store::StoreError;

use super::super::Engine;
use super::super::audit::parse;
use super::super::escrow::{EVERYWHERE, owing};
use super::super::rows::{ERASURES, ErasureRow, OwedRow, ReceiptKey};
use super::begin::of_merged;
use super::owed;

impl Engine {
    /// The receipt of an erasure, as things stand now.
    pub(super) fn deletion_receipt(&self, request: ReceiptKey) -> Result<DeletionReceipt, Refusal> {
        let (row, others, owed) = self.read(|view| {
            let row = ERASURES.row(view.tx, view.keys.mac(), &request)?;
            let row = row.ok_or_else(|| StoreError::Damaged("an erasure is missing".into()))?;
            // Records that were merged into it went with it: their buckets may be others.
            let mut others = Vec::new();
            for number in 1.. {
                let key = of_merged(request, number);
                let Some(ErasureRow::V1 { bucket, epoch, .. }) =
                    ERASURES.row(view.tx, view.keys.mac(), &key)?
                else {
                    break;
                };
                others.push((bucket, epoch));
            }
            Ok((row, others, owed(view)?))
        })?;
        let ErasureRow::V1 {
            erasure,
            bucket,
            epoch,
            act,
        } = row;
        let included = self.included(act)?;
        let leaf = parse(&included.line)?;
        let escrow = self.escrow();
        let is_owed = |destination: &str| {
            owed.iter()
                .any(|(of, name, OwedRow::V1 { epoch: due, .. })| {
                    let mut gone = others.iter().copied().chain([(bucket, epoch)]);
                    let is_ours = gone.any(|(bucket, epoch)| *of == bucket && epoch <= *due);
                    is_ours && (name == destination || name == EVERYWHERE)
                })
        };
        let mut destinations = owing(escrow.as_deref());
        destinations.retain(|destination| destination != EVERYWHERE || is_owed(destination));
        let copies = destinations.into_iter().map(|destination| EscrowCopy {
            // The oldest of them says how old the copies are.
            copied_at: escrow.as_ref().and_then(|escrow| {
                let gone = others.iter().map(|(bucket, _)| *bucket).chain([bucket]);
                let copied = gone.map(|bucket| escrow.copied_at(&destination, bucket));
                copied.min().flatten()
            }),
            state: if is_owed(&destination) {
                EscrowState::Owed
            } else {
                EscrowState::Replaced
            },
            destination: Text::fitted(&destination),
        });
        let recipients = erasure.recipients.iter();
        Ok(DeletionReceipt {
            version: RECEIPT_VERSION,
            time: leaf.time,
            groups: erasure
                .groups
                .iter()
                .map(|group| Text::fitted(group.word()))
                .collect(),
            points_forfeited: erasure.forfeited,
            debt_released: erasure.released,
            bucket,
            epoch,
            leaf: included.line,
            index: included.index,
            size: included.signed.size,
            proof: included.proof.into_iter().map(Hex32::from_bytes).collect(),
            checkpoint: included.signed.note,
            key: self.audit_verifier()?.to_string(),
            escrow: copies.collect(),
            recipients: recipients.map(|name| Text::fitted(name)).collect(),
            level: Level::File,
            how_to_check: HowToCheck::default(),
        })
    }
}
