//! The file of a year of shopping: CSV, plain or gzip, the lines of a basket side by side. Each basket is handed on as
//! soon as it is whole; a line that does not hold ends the reading with its number.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::StringRecord;
use flate2::read::MultiGzDecoder;
use jifen::domain::basket::{self, Line, LineKind, Quantity};
use jifen::domain::money::Money;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;

use crate::failure::Failure;

/// One basket, as paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Basket {
    pub(crate) id: String,
    pub(crate) household: String,
    pub(crate) store: String,
    pub(crate) sold_at: Moment,
    pub(crate) lines: Vec<Line>,
    /// Where its first line stands in the file.
    pub(crate) line_number: u64,
}

/// The columns, in their order.
const COLUMNS: [&str; 12] = [
    "basket_id",
    "household_id",
    "store_id",
    "sold_at",
    "line",
    "product_id",
    "department",
    "category",
    "quantity",
    "paid",
    "retail_discount",
    "coupon_discount",
];

/// Reads a file and hands each whole basket to `take`, with how many bytes of the file were read.
pub(crate) fn read(
    path: &Path,
    exponent: u32,
    take: &mut dyn FnMut(Basket, u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let io = |error: &std::io::Error| Failure::of_io(path, error);
    let mut file = File::open(path).map_err(|error| io(&error))?;
    let mut magic = [0; 2];
    let begun = file.read(&mut magic).map_err(|error| io(&error))?;
    file.rewind().map_err(|error| io(&error))?;
    let position = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        file: BufReader::new(file),
        position: position.clone(),
    };
    let is_gzip = begun == 2 && magic == [0x1f, 0x8b];
    if is_gzip {
        baskets(MultiGzDecoder::new(counted), exponent, &mut |basket| {
            take(basket, position.load(Ordering::Relaxed))
        })
    } else {
        baskets(counted, exponent, &mut |basket| {
            take(basket, position.load(Ordering::Relaxed))
        })
    }
}

/// Reads CSV from anywhere.
pub(crate) fn baskets(
    from: impl Read,
    exponent: u32,
    take: &mut dyn FnMut(Basket) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut reader = csv::ReaderBuilder::new().from_reader(from);
    let header = reader.headers().map_err(|error| unreadable(1, &error))?;
    if !header.iter().eq(COLUMNS) {
        let wanted = COLUMNS.join(",");
        return Err(Failure::new(
            "csv_header",
            format!("第 1 行的列名应为 {wanted}"),
            format!("line 1 should name the columns {wanted}"),
        ));
    }
    let mut record = StringRecord::new();
    let mut open: Option<Basket> = None;
    loop {
        let line = reader.position().line();
        let more = reader.read_record(&mut record);
        let number = record.position().map_or(line, csv::Position::line);
        match more {
            Err(error) => {
                let at = error.position().map_or(number, csv::Position::line);
                return Err(unreadable(at, &error));
            }
            Ok(false) => break,
            Ok(true) => {}
        }
        let row = match parse(&record, exponent) {
            Ok(row) => row,
            Err(why) => {
                // A line of another basket says that the one before it is whole.
                let other = record.get(0).filter(|id| !id.is_empty());
                if let Some(whole) = open.filter(|basket| other.is_some_and(|id| id != basket.id)) {
                    hand_on(whole, take)?;
                }
                return Err(broken(number, why));
            }
        };
        match &mut open {
            Some(basket) if basket.id == row.id => {
                let same = basket.household == row.household
                    && basket.store == row.store
                    && basket.sold_at == row.sold_at;
                if !same {
                    return Err(broken(
                        number,
                        (
                            "同一购物篮内的家庭、门店或时间不一致",
                            "household, store or time differ within one basket",
                        ),
                    ));
                }
                basket.lines.extend(row.lines);
            }
            Some(_) | None => {
                let next = Basket {
                    line_number: number,
                    ..row
                };
                if let Some(whole) = open.replace(next) {
                    hand_on(whole, take)?;
                }
            }
        }
    }
    open.map_or(Ok(()), |last| hand_on(last, take))
}

/// A whole basket is looked at before it is sent, so that a fault in it is named by its line.
fn hand_on(
    basket: Basket,
    take: &mut dyn FnMut(Basket) -> Result<(), Failure>,
) -> Result<(), Failure> {
    basket::check(&basket.lines).map_err(|error| {
        let refusal = Refusal::from(error);
        let (zh, en) = (refusal.zh(), refusal.en());
        let said = (zh.trim_end_matches('。'), en.trim_end_matches('.'));
        broken(basket.line_number, said)
    })?;
    take(basket)
}

fn parse(record: &StringRecord, exponent: u32) -> Result<Basket, Why> {
    let field = |place: usize| record.get(place).unwrap_or_default();
    let named = |place: usize| {
        let text = field(place);
        let fits = !text.is_empty() && text.len() <= 48 && !text.chars().any(char::is_control);
        if fits {
            Ok(text.to_owned())
        } else {
            Err((
                "购物篮、家庭或门店为空或过长",
                "basket, household or store is empty or too long",
            ))
        }
    };
    let paid = Money::parse(field(9), exponent).map_err(|_| {
        (
            "paid 不是该币种的金额",
            "paid is not an amount of money of this currency",
        )
    })?;
    if paid < Money::ZERO {
        return Err(("金额为负：退货请用退款", "a negative amount is a refund"));
    }
    for discount in [10, 11] {
        Money::parse(field(discount), exponent).map_err(|_| {
            (
                "优惠金额不是该币种的金额",
                "a discount is not an amount of money of this currency",
            )
        })?;
    }
    field(4)
        .parse::<u32>()
        .map_err(|_| ("line 不是数字", "line is not a number"))?;
    let line = Line {
        product: field(5).to_owned(),
        department: field(6).to_owned(),
        category: field(7).to_owned(),
        kind: LineKind::Goods,
        quantity: Quantity::parse(field(8)).ok_or((
            "quantity 不是最多三位小数的数量",
            "quantity is not a number with three decimals",
        ))?,
        paid,
    };
    basket::check(core::slice::from_ref(&line)).map_err(|_| {
        (
            "商品、部门或类别为空、过长或含有控制字符",
            "product, department or category is empty, too long or unreadable",
        )
    })?;
    Ok(Basket {
        id: named(0)?,
        household: named(1)?,
        store: named(2)?,
        sold_at: field(3).parse().map_err(|_| {
            (
                "sold_at 不是带时区偏移的时间",
                "sold_at is not a time with an offset",
            )
        })?,
        lines: vec![line],
        line_number: 0,
    })
}

/// Why a line does not hold, in Chinese and English.
type Why = (&'static str, &'static str);

fn broken(line: u64, (zh, en): (&str, &str)) -> Failure {
    Failure::new(
        "csv_line",
        format!("第 {line} 行有误：{zh}。此前的购物篮已入账；改正后用 --resume 继续。"),
        format!(
            "line {line} does not hold: {en}. The baskets before it are in; mend it and go on with --resume."
        ),
    )
}

/// What the CSV reader says, which speaks English alone.
fn unreadable(line: u64, error: &csv::Error) -> Failure {
    let said = error.to_string();
    broken(line, (&format!("无法按 CSV 读取（{said}）"), &said))
}

/// A reader that says how far it is.
struct Counted<R> {
    file: R,
    position: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position
            .fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}
