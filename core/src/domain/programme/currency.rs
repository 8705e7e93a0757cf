//! Currencies and their decimals, after ISO 4217. Three lists and no package: the ones there are bring a build
//! script and a table of countries for what is said here in a few lines.

use super::Currency;

/// No decimals.
const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Two decimals.
const TWO: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD \
    CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD \
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD \
    MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD \
    RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD \
    USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
/// Three decimals.
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Four decimals.
const FOUR: &str = "CLF UYW";

impl Currency {
    /// The currency with this code of three capital letters.
    pub fn of_code(code: &str) -> Option<Self> {
        let lists = [(NONE, 0), (TWO, 2), (THREE, 3), (FOUR, 4)];
        let found = lists
            .into_iter()
            .find(|(codes, _)| codes.split(' ').any(|known| known == code));
        found.map(|(_, exponent)| Self {
            code: code.to_owned(),
            exponent,
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
            ("XXX", None),
            ("cny", None),
            ("", None),
            ("CNY EUR", None),
        ];
        for (code, exponent) in cases {
            assert_eq!(
                Currency::of_code(code).map(|currency| currency.exponent),
                exponent,
                "{code}"
            );
        }
        let all = [NONE, TWO, THREE, FOUR].join(" ");
        let mut codes: Vec<&str> = all.split(' ').collect();
        assert!(codes.iter().all(|code| code.len() == 3));
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
