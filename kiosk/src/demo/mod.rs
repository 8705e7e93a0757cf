//! `jifen demo`: a shop in a temporary folder, over real HTTP on loopback. Forty customers become members through the
//! kiosk's routes, tills send a real year of their shopping as signed POS v1 sales, then each comes back once, uses points
//! with a code and brings goods back. A summary, a check of everything, and the doors stay open until it is stopped.

mod kiosk;
mod summary;
mod visit;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

use jifen::domain::refusal::Refusal;

use crate::failure::Failure;
use crate::lang::Lang;
use crate::replay::activation;
use crate::replay::basket::{Basket, baskets};
use crate::replay::feed::{Begins, Feed};
use crate::replay::tills::{Counter, Manner};
use crate::serve::{DEMO_NOTICE, DEMO_PROGRAMME, publication};
use crate::shop::{Folders, Shop};
use crate::stop::Stop;
use crate::verify::verify;

use kiosk::Kiosk;
use summary::Summary;
use visit::SecondPass;

/// A real year of shopping (see the note beside it).
const YEAR: &[u8] = include_bytes!("../../../fixtures/complete_journey/2017-40-households.csv");

/// Runs the demonstration in a temporary folder that goes with it; ends after the summary, or serves until it is stopped.
pub(crate) fn run(exit: bool, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("jifen-demo-").tempdir();
    let folder = folder.map_err(|error| Failure::of_io(&std::env::temp_dir(), &error))?;
    let told = if exit { None } else { Some(Stop::prepare()?) };
    let shop = Folders::new(folder.path().join("data"), None)?.open(true)?;
    let engine = &shop.engine;
    engine
        .activate(DEMO_PROGRAMME)
        .map_err(|error| activation(&error))?;
    engine
        .publish(DEMO_NOTICE)
        .map_err(|error| publication(&error))?;
    writeln!(
        out,
        "{}\n",
        lang.pick(
            "演示：40 位顾客在自助机入会，2017 年的真实购物由收银机以签名的 HTTP 请求逐笔入账；随后凭八位码使用积分、退货。数据在临时目录，结束后删除。",
            "Demonstration: forty customers join at the kiosk, and tills send their real year 2017 as signed HTTP requests, sale by sale; then points are used with typed codes and goods come back. The data is in a temporary folder that goes when this ends.",
        )
    )?;
    out.flush()?;

    let loopback = ([127, 0, 0, 1], 0).into();
    let counter = Counter::open_at(&shop, Some(loopback), loopback)?;
    live_a_year(&shop, &counter, lang, out)?;
    let Some(told) = told else { return Ok(()) };
    if let Some(listeners) = counter.listeners() {
        if let Some(screen) = listeners.screen() {
            let words = lang.pick("打开自助机页面", "open the kiosk's page");
            writeln!(out, "\n{words}: http://{screen}/")?;
        }
        if let Some(edge) = listeners.edge() {
            let words = lang.pick("收银接口（POS v1）", "the tills' door (POS v1)");
            writeln!(out, "{words}: http://{edge}/pos/v1/")?;
        }
        writeln!(out, "{}", lang.pick("按 Ctrl-C 结束", "Ctrl-C ends it"))?;
        out.flush()?;
    }
    told.wait();
    Ok(())
}

fn live_a_year(
    shop: &Shop,
    counter: &Counter,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let versions = shop.engine.versions();
    let programme = versions.latest().ok_or(Refusal::BeforeProgramme)?;
    let exponent = programme.currency.exponent;
    let begins = Begins {
        window_days: programme.refund.window_days,
        resume: false,
        gift: false,
    };
    let screen = counter.listeners().and_then(crate::http::Listeners::screen);
    let mut kiosk = Kiosk::at(screen.ok_or_else(Failure::bug)?)?;

    let begun = Instant::now();
    let tills = counter.tills(Manner::Identified, exponent)?;
    let mut feed = Feed::new(shop, begins, Some(tills))?;
    let mut last_baskets = BTreeMap::new();
    let read = baskets(YEAR, exponent, &mut |basket: Basket| {
        last_baskets.insert(basket.household.clone(), basket.clone());
        if !feed.knows(&basket.household) {
            shop.clock.follow(basket.sold_at);
            let card = kiosk.register(&basket.household)?;
            let account = shop.engine.account_of_card(&card)?;
            feed.introduce(&basket.household, account, card);
        }
        feed.send(basket)
    });
    let sent = feed.finish(read)?;
    let year = begun.elapsed();

    let till = counter.till().ok_or_else(Failure::bug)?;
    let mut second = SecondPass::new(shop, &mut kiosk, till, exponent, sent.last_sold_at);
    for (household, basket) in &last_baskets {
        second.visit(household, basket)?;
    }
    let swept = shop.engine.sweep()?;

    let summary = Summary {
        sent: &sent,
        year,
        second: &second,
        programme,
        lang,
    };
    summary.write(&shop.engine, out)?;
    writeln!(
        out,
        "{}: {} / {}\n",
        lang.pick(
            "本次到期清理：账户 / 积分",
            "this sweep: accounts / points expired"
        ),
        swept.accounts,
        swept.expired
    )?;
    verify(&shop.engine, lang, out)
}
