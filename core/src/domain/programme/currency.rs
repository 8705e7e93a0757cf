//! Currencies and their decimals, after ISO 4217.

use super::Currency;

impl Currency {
    /// The currency with this code of three capital letters, if its money has a minor unit or is whole.
    pub fn of_code(code: &str) -> Option<Self> {
        let exponent = iso_currency::Currency::from_code(code)?.exponent()?;
        Some(Self {
            code: code.to_owned(),
            exponent: u32::from(exponent),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_has_the_decimals_of_iso_4217() {
        let cases = [
            ("CNY", Some(2)),
            ("ZWG", Some(2)),
            ("AED", Some(2)),
            ("JPY", Some(0)),
            ("KWD", Some(3)),
            ("CLF", Some(4)),
            ("XAU", None),
            ("cny", None),
            ("", None),
            ("CNY EUR", None),
        ];
        for (code, exponent) in cases {
            let found = Currency::of_code(code);
            assert_eq!(found.map(|currency| currency.exponent), exponent, "{code}");
        }
    }
}
