//! How a value is shown when the clear one is not needed (SEC-02).

use super::declaration::Mask;

/// What stands where nothing is shown.
const HIDDEN: &str = "＊＊＊";

impl Mask {
    /// The text as screens show it. What is masked already stays as it is.
    pub fn apply(self, text: &str) -> String {
        if text.contains(['*', '＊']) {
            return text.to_owned();
        }
        match self {
            Self::Plain => text.to_owned(),
            Self::Hidden => HIDDEN.to_owned(),
            Self::Name => {
                let mut chars = text.chars();
                let first = chars.next();
                let rest = chars.take(2).map(|_| '＊');
                first.into_iter().chain(rest).collect()
            }
            Self::Mobile => middle(text.strip_prefix("+86").unwrap_or(text), 3, 4),
            Self::Identity => middle(text, 6, 4),
            Self::Card => middle(text, 2, 4),
        }
    }
}

/// The first and the last characters, and a star for each between them. Of a text that is too short to have four between
/// them nothing is shown.
fn middle(text: &str, head: usize, tail: usize) -> String {
    let count = text.chars().count();
    let shown_from = count.saturating_sub(tail);
    if shown_from < head.saturating_add(4) {
        return HIDDEN.to_owned();
    }
    let shown = |(place, char): (usize, char)| {
        if place < head || shown_from <= place {
            char
        } else {
            '*'
        }
    };
    text.chars().enumerate().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_so_much_and_no_more() {
        for (mask, text, shown) in [
            (Mask::Name, "欧阳小明", "欧＊＊"),
            (Mask::Name, "王", "王"),
            (Mask::Mobile, "+8613812345678", "138****5678"),
            (Mask::Mobile, "+8613", HIDDEN),
            (Mask::Identity, "11010119900307001X", "110101********001X"),
            (Mask::Identity, "110101001X", HIDDEN),
            (Mask::Card, "990123456789012345", "99************2345"),
            (Mask::Hidden, "延安西路 1 号", HIDDEN),
            (Mask::Plain, "senior", "senior"),
            // Masked before, and not masked again.
            (Mask::Mobile, "+44 740****456", "+44 740****456"),
        ] {
            assert_eq!(mask.apply(text), shown, "{mask:?} {text}");
        }
    }
}
