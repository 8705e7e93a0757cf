//! A till: `till NUMBER TIME < code`, as in `till 17 2026-03-01T12:00:00+08:00`. It sells, whatever the points system says.
#![expect(clippy::print_stdout, reason = "a till has a screen")]

use std::{env, fs, io, path::Path};

use jifen_pos::client::Client;
use jifen_pos::clock::{Clock, SystemClock};
use jifen_pos::message::basket::{Line, Slip};
use jifen_pos::message::identify::Identify;
use jifen_pos::message::sale::{Member, Sale};
use jifen_pos::{numbers::NumberFile, signature::Credential, spool::KeyFile, till::Till};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key: [u8; 32] = fs::read("till-1.key")?.try_into().map_err(|_| "32 bytes")?;
    let till = Credential::new("till-1", 1, &key)?;
    let numbers = NumberFile::open(Path::new("till-1.seq"), SystemClock::new().wall_millis())?;
    let keys = KeyFile::open(Path::new("till-1.keys"))?;
    let store = Client::new("http://127.0.0.1:8443", till, keys, numbers)?;
    for left in store.pending()? {
        println!("{}: {:?}", left.key, store.resend(&left));
    }

    let number = env::args().nth(1).ok_or("a number?")?;
    let now = env::args().nth(2).ok_or("a time?")?;
    let code = io::read_to_string(io::stdin())?.trim().to_owned();
    let identify = Identify { code: code.clone() };
    let member = store.identify(&store.new_call()?, &identify).ok();
    let whose = match &member {
        Some(member) => Member::Token(&member.sale_token),
        None => Member::Code {
            code: &code,
            scanned_at: &now,
        },
    };
    let milk = Line::goods("milk", "1", "19.99");
    let sale = Sale::new(whose, Slip::new("1", "1", &number), &now, vec![milk]);
    match store.sale(&store.new_call()?, &sale) {
        Ok(sold) => println!("{}", sold.receipt_text.en),
        Err(no) => println!("{}", no.words().en),
    }
    Ok(())
}
