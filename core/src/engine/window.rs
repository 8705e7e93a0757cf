//! The sequence numbers of a terminal: a window of 64 below the highest it has used, kept in the transaction of every
//! command that changes something (privacy §6).

use crate::domain::refusal::Refusal;

use super::rows::{WINDOWS, WindowRow};
use super::work::{Stop, View, Work};

/// How many numbers below the highest may still come.
const WIDTH: u64 = 64;

/// The window after a number was used.
///
/// # Errors
/// [`Refusal::SequenceStale`] when it was used before, or is too far below the highest.
pub(crate) fn take(view: &View<'_>, terminal: &str, number: u64) -> Result<WindowRow, Stop> {
    let row = WINDOWS.row(view.tx, view.keys.mac(), terminal.as_bytes())?;
    let after = row.map_or(
        Some(WindowRow::V1 {
            highest: number,
            seen: 1,
        }),
        |row| advance(row, number),
    );
    Ok(after.ok_or(Refusal::SequenceStale)?)
}

/// Bit `n` of `seen` stands for `highest - n`.
fn advance(WindowRow::V1 { highest, seen }: WindowRow, number: u64) -> Option<WindowRow> {
    match number.checked_sub(highest) {
        Some(0) => None,
        Some(ahead) => {
            let moved = u32::try_from(ahead)
                .ok()
                .and_then(|ahead| seen.checked_shl(ahead));
            Some(WindowRow::V1 {
                highest: number,
                seen: moved.unwrap_or(0) | 1,
            })
        }
        None => {
            let behind = highest
                .checked_sub(number)
                .filter(|behind| *behind < WIDTH)?;
            let bit = 1_u64.checked_shl(u32::try_from(behind).ok()?)?;
            (seen & bit == 0).then_some(WindowRow::V1 {
                highest,
                seen: seen | bit,
            })
        }
    }
}

/// Keeps the window.
pub(crate) fn put(work: &mut Work<'_>, terminal: &str, window: WindowRow) -> Result<(), Stop> {
    work.put_plain(&WINDOWS, terminal.as_bytes(), &window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_of_the_window_counts_once_and_none_below_it() {
        let mut window = WindowRow::V1 {
            highest: 100,
            seen: 1,
        };
        for (number, fits) in [
            (100, false),
            (101, true),
            (101, false),
            (100, false),
            (99, true),
            (99, false),
            (38, true),
            (37, false),
            (0, false),
            (164, true),
            (101, false),
            (100, false),
            (102, true),
            (u64::MAX, true),
            (164, false),
            (u64::MAX - 63, true),
            (u64::MAX - 64, false),
            (u64::MAX, false),
        ] {
            let after = advance(window, number);
            assert_eq!(after.is_some(), fits, "{number}");
            window = after.unwrap_or(window);
        }
    }
}
