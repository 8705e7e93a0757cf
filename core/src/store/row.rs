//! Typed tables. A value is the postcard of a versioned row, and nobody reads one that was altered or moved: redb does
//! not check what it reads, so a [`Plain`] value carries a MAC and a [`Sealed`] one opens only in its place.

use core::fmt;
use core::marker::PhantomData;
use core::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::codec::TAG;
use super::{ReadTx, StoreError, Table, WriteTx};

pub use super::codec::{Aad, Codec, MacKey, RowError};

/// A table of rows with a MAC: what belongs to no member.
pub struct Plain<R>(Table, PhantomData<fn() -> R>);

impl<R> Plain<R> {
    /// The typed face of this table.
    pub const fn new(table: Table) -> Self {
        Self(table, PhantomData)
    }

    /// The table.
    pub const fn table(&self) -> Table {
        self.0
    }

    /// There is no row under this key.
    pub fn delete(&self, tx: &mut dyn WriteTx, key: &[u8]) -> Result<(), StoreError> {
        tx.delete(self.0, key)
    }
}

impl<R: Serialize + DeserializeOwned> Plain<R> {
    /// The row under this key.
    pub fn row(&self, tx: &dyn ReadTx, mac: &MacKey, key: &[u8]) -> Result<Option<R>, StoreError> {
        tx.value(self.0, key)?
            .map(|value| self.read(mac, key, &value))
            .transpose()
    }

    /// The row under this key becomes `row`.
    pub fn put(
        &self,
        tx: &mut dyn WriteTx,
        mac: &MacKey,
        key: &[u8],
        row: &R,
    ) -> Result<(), StoreError> {
        let mut value = encode(row)?;
        let tag = mac.tag(self.0, key, &value);
        value.extend_from_slice(&tag);
        tx.put(self.0, key, value)
    }

    /// Rows with `from <= key` (and `key < until` when it is given), ascending, until `visit` breaks.
    pub fn scan(
        &self,
        tx: &dyn ReadTx,
        mac: &MacKey,
        from: &[u8],
        until: Option<&[u8]>,
        visit: &mut dyn FnMut(&[u8], R) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        scan(
            tx,
            self.0,
            from,
            until,
            |key, value| self.read(mac, key, value),
            visit,
        )
    }

    /// The last row: the one with the greatest key.
    pub fn last(&self, tx: &dyn ReadTx, mac: &MacKey) -> Result<Option<(Vec<u8>, R)>, StoreError> {
        self.before(tx, mac, None)
    }

    /// The row with the greatest key below `until`, or the greatest of all.
    pub fn before(
        &self,
        tx: &dyn ReadTx,
        mac: &MacKey,
        until: Option<&[u8]>,
    ) -> Result<Option<(Vec<u8>, R)>, StoreError> {
        let Some((key, value)) = tx.before(self.0, until)? else {
            return Ok(None);
        };
        let row = self.read(mac, &key, &value)?;
        Ok(Some((key, row)))
    }

    /// The row that these bytes of this table hold, as [`super::Written`] hands them out.
    pub fn read(&self, mac: &MacKey, key: &[u8], value: &[u8]) -> Result<R, StoreError> {
        let (plain, tag) = value
            .split_last_chunk::<TAG>()
            .ok_or_else(|| damaged(self.0, key))?;
        let expected = mac.tag(self.0, key, plain);
        if !bool::from(expected.ct_eq(tag)) {
            return Err(damaged(self.0, key));
        }
        decode(plain).map_err(|_| damaged(self.0, key))
    }
}

/// A table of sealed rows: what belongs to a member.
pub struct Sealed<R>(Table, PhantomData<fn() -> R>);

impl<R> Sealed<R> {
    /// The typed face of this table.
    pub const fn new(table: Table) -> Self {
        Self(table, PhantomData)
    }

    /// The table.
    pub const fn table(&self) -> Table {
        self.0
    }

    /// There is no row under this key.
    pub fn delete(&self, tx: &mut dyn WriteTx, key: &[u8]) -> Result<(), StoreError> {
        tx.delete(self.0, key)
    }
}

impl<R: Serialize + DeserializeOwned> Sealed<R> {
    /// The row under this key.
    pub fn row(
        &self,
        tx: &dyn ReadTx,
        codec: &dyn Codec,
        key: &[u8],
    ) -> Result<Option<R>, StoreError> {
        tx.value(self.0, key)?
            .map(|value| self.read(codec, key, &value))
            .transpose()
    }

    /// The row under this key becomes `row`. The nonce is never used for another value.
    pub fn put(
        &self,
        tx: &mut dyn WriteTx,
        codec: &dyn Codec,
        nonce: [u8; 24],
        key: &[u8],
        row: &R,
    ) -> Result<(), StoreError> {
        let sealed = self.value(codec, nonce, key, row)?;
        tx.put(self.0, key, sealed)
    }

    /// The bytes that [`Sealed::put`] writes, for a table that keeps something beside them.
    pub fn value(
        &self,
        codec: &dyn Codec,
        nonce: [u8; 24],
        key: &[u8],
        row: &R,
    ) -> Result<Vec<u8>, StoreError> {
        let plain = encode(row)?;
        let aad = Aad {
            table: self.0,
            row: key,
        };
        codec.seal(&aad, nonce, &plain).map_err(|_| StoreError::Bug)
    }

    /// Rows with `from <= key` (and `key < until` when it is given), ascending, until `visit` breaks.
    pub fn scan(
        &self,
        tx: &dyn ReadTx,
        codec: &dyn Codec,
        from: &[u8],
        until: Option<&[u8]>,
        visit: &mut dyn FnMut(&[u8], R) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        scan(
            tx,
            self.0,
            from,
            until,
            |key, value| self.read(codec, key, value),
            visit,
        )
    }

    /// The last row: the one with the greatest key.
    pub fn last(
        &self,
        tx: &dyn ReadTx,
        codec: &dyn Codec,
    ) -> Result<Option<(Vec<u8>, R)>, StoreError> {
        self.before(tx, codec, None)
    }

    /// The row with the greatest key below `until`, or the greatest of all.
    pub fn before(
        &self,
        tx: &dyn ReadTx,
        codec: &dyn Codec,
        until: Option<&[u8]>,
    ) -> Result<Option<(Vec<u8>, R)>, StoreError> {
        let Some((key, value)) = tx.before(self.0, until)? else {
            return Ok(None);
        };
        let row = self.read(codec, &key, &value)?;
        Ok(Some((key, row)))
    }

    /// The row that these bytes of this table hold.
    pub fn read(&self, codec: &dyn Codec, key: &[u8], value: &[u8]) -> Result<R, StoreError> {
        let aad = Aad {
            table: self.0,
            row: key,
        };
        codec
            .open(&aad, value)
            .and_then(|plain| decode(&plain))
            .map_err(|_| damaged(self.0, key))
    }
}

// A derive would ask for the same of the rows.
macro_rules! table_face {
    ($name:ident) => {
        impl<R> Clone for $name<R> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<R> Copy for $name<R> {}
        impl<R> fmt::Debug for $name<R> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter
                    .debug_tuple(stringify!($name))
                    .field(&self.0.name())
                    .finish()
            }
        }
    };
}
table_face!(Plain);
table_face!(Sealed);

fn scan<R>(
    tx: &dyn ReadTx,
    table: Table,
    from: &[u8],
    until: Option<&[u8]>,
    read: impl Fn(&[u8], &[u8]) -> Result<R, StoreError>,
    visit: &mut dyn FnMut(&[u8], R) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut unread = Ok(());
    tx.scan(
        table,
        from,
        until,
        &mut |key, value| match read(key, value) {
            Ok(row) => visit(key, row),
            Err(error) => {
                unread = Err(error);
                ControlFlow::Break(())
            }
        },
    )?;
    unread
}

fn encode<R: Serialize>(row: &R) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(row).map_err(|_| StoreError::Bug)
}

/// A row and nothing after it: what follows a row was not written by this program.
fn decode<R: DeserializeOwned>(plain: &[u8]) -> Result<R, RowError> {
    match postcard::take_from_bytes(plain) {
        Ok((row, [])) => Ok(row),
        Ok(_) | Err(_) => Err(RowError::Malformed),
    }
}

fn damaged(table: Table, key: &[u8]) -> StoreError {
    use fmt::Write as _;

    let mut place = format!("{} ", table.name());
    for byte in key {
        // Writing to a string does not fail.
        let _: fmt::Result = write!(place, "{byte:02x}");
    }
    StoreError::Damaged(place)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::{Home, Store, Verdict, memory::MemoryStore};
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    enum StampRow {
        V1 { number: u64, text: String },
    }

    const RAW: Table = Table::new("stamps");
    const STAMPS: Plain<StampRow> = Plain::new(RAW);
    const SECRETS: Sealed<StampRow> = Sealed::new(Table::new("secrets"));

    fn mac() -> MacKey {
        MacKey::from_bytes(&[7; 32])
    }

    fn stamp(number: u64) -> StampRow {
        StampRow::V1 {
            number,
            text: format!("stamp {number}"),
        }
    }

    /// A store after `body`.
    fn store(mut body: impl FnMut(&mut dyn WriteTx) + Send + 'static) -> MemoryStore {
        let store = MemoryStore::rehearsing(None);
        let ticket = store.submit(
            Home::Node,
            Box::new(move |tx| {
                body(tx);
                Verdict::Keep
            }),
        );
        assert_eq!(ticket.wait(), Ok(Verdict::Keep));
        store
    }

    /// Not a seal: it writes its place before the value.
    struct Labels;

    impl Codec for Labels {
        fn seal(&self, aad: &Aad<'_>, _: [u8; 24], plain: &[u8]) -> Result<Vec<u8>, RowError> {
            Ok([aad.table.name().as_bytes(), aad.row, plain].concat())
        }

        fn open(&self, aad: &Aad<'_>, sealed: &[u8]) -> Result<Vec<u8>, RowError> {
            let label = [aad.table.name().as_bytes(), aad.row].concat();
            sealed
                .strip_prefix(label.as_slice())
                .map(<[u8]>::to_vec)
                .ok_or(RowError::NotAuthentic)
        }
    }

    #[test]
    fn rows_read_back_alone_in_order_and_last() {
        let store = store(|tx| {
            for number in [3, 1, 2] {
                STAMPS
                    .put(tx, &mac(), &[number], &stamp(number.into()))
                    .unwrap();
                SECRETS
                    .put(tx, &Labels, [0; 24], &[number], &stamp(number.into()))
                    .unwrap();
            }
            STAMPS.delete(tx, &[2]).unwrap();
            SECRETS.delete(tx, &[3]).unwrap();
        });
        let tx = store.read().unwrap();

        assert_eq!(STAMPS.row(&*tx, &mac(), &[1]), Ok(Some(stamp(1))));
        assert_eq!(STAMPS.row(&*tx, &mac(), &[2]), Ok(None));
        assert_eq!(STAMPS.last(&*tx, &mac()), Ok(Some((vec![3], stamp(3)))));
        assert_eq!(
            STAMPS.before(&*tx, &mac(), Some(&[3])),
            Ok(Some((vec![1], stamp(1))))
        );
        assert_eq!(SECRETS.row(&*tx, &Labels, &[2]), Ok(Some(stamp(2))));
        assert_eq!(SECRETS.last(&*tx, &Labels), Ok(Some((vec![2], stamp(2)))));

        let mut seen = Vec::new();
        let mut visit = |key: &[u8], row| {
            seen.push((key.to_vec(), row));
            ControlFlow::Continue(())
        };
        STAMPS.scan(&*tx, &mac(), &[], None, &mut visit).unwrap();
        SECRETS
            .scan(&*tx, &Labels, &[2], Some(&[3]), &mut visit)
            .unwrap();
        assert_eq!(
            seen,
            [
                (vec![1], stamp(1)),
                (vec![3], stamp(3)),
                (vec![2], stamp(2))
            ]
        );
    }

    /// What reading says after `alter` had the value that stood under key 1.
    fn check_altered(alter: impl Fn(Vec<u8>) -> Vec<u8> + Send + 'static) {
        let store = store(move |tx| {
            STAMPS.put(tx, &mac(), &[1], &stamp(1)).unwrap();
            let value = tx.value(RAW, &[1]).unwrap().unwrap();
            tx.put(RAW, &[1], alter(value)).unwrap();
        });
        let tx = store.read().unwrap();
        let damaged = StoreError::Damaged("stamps 01".to_owned());
        assert_eq!(STAMPS.row(&*tx, &mac(), &[1]), Err(damaged.clone()));
        assert_eq!(STAMPS.last(&*tx, &mac()), Err(damaged.clone()));
        let mut visit = |_: &[u8], _| panic!("a damaged row was handed out");
        assert_eq!(
            STAMPS.scan(&*tx, &mac(), &[], None, &mut visit),
            Err(damaged)
        );
    }

    #[test]
    fn an_altered_row_is_named_and_not_read() {
        for bit in 0..8 * (postcard::to_stdvec(&stamp(1)).unwrap().len() + TAG) {
            check_altered(move |mut value| {
                value[bit / 8] ^= 1 << (bit % 8);
                value
            });
        }
        check_altered(|value| value[..value.len() - 1].to_vec());
        check_altered(|value| [value, vec![0]].concat());
        check_altered(|_| Vec::new());
    }

    #[test]
    fn a_row_with_bytes_after_it_is_refused_though_its_mac_is_right() {
        let mut long = postcard::to_stdvec(&stamp(1)).unwrap();
        long.push(0);
        let tag = mac().tag(RAW, &[1], &long);
        check_altered(move |_| [long.as_slice(), tag.as_slice()].concat());
        assert_eq!(decode::<StampRow>(&[9]), Err(RowError::Malformed));
    }

    #[test]
    fn a_row_does_not_travel_to_another_key_table_or_store() {
        let store = store(|tx| {
            STAMPS.put(tx, &mac(), b"ab", &stamp(1)).unwrap();
            let value = tx.value(RAW, b"ab").unwrap().unwrap();
            tx.put(RAW, b"abc", value.clone()).unwrap();
            tx.put(Table::new("stampsa"), b"b", value).unwrap();
        });
        let tx = store.read().unwrap();
        let elsewhere: Plain<StampRow> = Plain::new(Table::new("stampsa"));
        assert!(STAMPS.row(&*tx, &mac(), b"ab").is_ok());
        assert!(STAMPS.row(&*tx, &mac(), b"abc").is_err());
        assert!(elsewhere.row(&*tx, &mac(), b"b").is_err());
        assert!(
            STAMPS
                .row(&*tx, &MacKey::from_bytes(&[8; 32]), b"ab")
                .is_err()
        );
    }
}
