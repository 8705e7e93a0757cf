//! The deletion receipt.
use serde::{Deserialize, Serialize};

use super::Hex32;
use crate::domain::time::Moment;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionReceipt {
    pub version: u32,
    pub time: Moment,
    pub groups: Vec<String>,
    pub points_forfeited: i64,
    pub debt_released: i64,
    pub bucket: u8,
    pub epoch: u64,
    pub leaf: String,
    pub index: u64,
    pub size: u64,
    pub proof: Vec<Hex32>,
    pub checkpoint: String,
    pub key: String,
    pub escrow: Vec<Copy>,
    pub recipients: Vec<String>,
    pub level: String,
    pub how_to_check: HowToCheck,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    pub destination: String,
    pub state: CopyState,
    pub copied_at: Option<Moment>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    Replaced,
    Owed,
}
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HowToCheck {
    pub zh: String,
    pub en: String,
}
