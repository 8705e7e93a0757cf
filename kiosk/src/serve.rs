//! `jifen serve`: opens the listeners, says where, and waits until it is told to stop.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jifen::engine::Engine;
use jifen::engine::notices::PublishError;
use sd_notify::{NotifyState, notify};

use crate::app::App;
use crate::certificate::{self, Certificate};
use crate::clock::ShopClock;
use crate::control::{Control, Desk};
use crate::failure::Failure;
use crate::http::{Limits, Listeners, listen_over};
use crate::keeper::Keeping;
use crate::lang::Lang;
use crate::log;
use crate::messenger::FolderMessenger;
use crate::programme;
use crate::replay::activation;
use crate::route::route;
use crate::settings::Settings;
use crate::shop::Folders;
use crate::stop::Stop;
use crate::words;

/// The programme of a shop that has none of its own.
pub(crate) const DEMO_PROGRAMME: &str = include_str!("../../fixtures/programmes/demo.toml");
/// The notice of a shop that has none of its own.
pub(crate) const DEMO_NOTICE: &str = include_str!("../../fixtures/notices/demo.toml");

/// Serves until SIGINT or SIGTERM.
pub(crate) fn serve(
    named: Option<PathBuf>,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let loaded = Settings::load(named)?;
    let settings = loaded.settings;
    log::begin()?;
    let stop = Stop::prepare()?;
    let engine = open(&settings, lang)?;
    let limits = Limits::new(settings.edge_connections);
    // The names that tills may call it by hang on the port, which may be for the system to choose.
    let desk = Desk::open(engine.clone(), settings.clone())?;
    let keeping = Keeping::begin(desk.keeper().clone())?;
    let app = App::new(engine, Arc::new(ShopClock::new()))?
        .kept(keeping)
        .watching(&settings)
        .printing(&settings);
    let app = Arc::new(app);
    let (screen, edge) = (settings.screen_listen, settings.edge_listen);
    let folders = Folders::new(settings.data.clone(), Some(settings.keys.clone()))?;
    if let Some(messages) = &settings.messages {
        let messenger = FolderMessenger::open(messages, &folders)?;
        app.engine.keep_messenger(Arc::new(messenger));
    }
    let (certificate, tls) = certificate::prepare(&settings, app.clock.wall())?.unzip();
    let control = Control::open(&folders, desk)?;
    words::load();
    let listeners = listen_over(tls, &route(app.clone()), Some(screen), Some(edge), limits)?;
    if let Some(edge) = listeners.edge() {
        app.answer_to(settings.edge_names(edge));
        app.show_phones(settings.page_authority(edge));
    }
    // From here on the listeners are stopped whatever happens: what was answered is kept either way.
    let told = tell_set_up(&app, lang, out)
        .and_then(|()| tell(&settings, loaded.file.as_deref(), lang, out))
        .and_then(|()| tell_doors(&settings, certificate.as_ref(), &listeners, lang, out))
        .and_then(|()| Ok(notify(&[NotifyState::Ready])?));
    if told.is_ok() {
        stop.wait();
    }
    // Whoever started it may be gone by now: it stops all the same.
    let _nobody_hears = notify(&[NotifyState::Stopping]);
    drop(control);
    listeners.stop();
    app.end();
    told
}

/// The engine of the shop's folders, with the programme and the notice that the settings name.
pub(crate) fn open(settings: &Settings, lang: Lang) -> Result<Arc<Engine>, Failure> {
    let folders = Folders::new(settings.data.clone(), Some(settings.keys.clone()))?;
    let engine = folders.open_shop(true, settings.of_engine())?;
    let programme = match &settings.programme {
        Some(path) => programme::load(path, lang)?.0,
        None => DEMO_PROGRAMME.to_owned(),
    };
    let notice = match &settings.notice {
        Some(path) => fs::read_to_string(path).map_err(|error| Failure::of_io(path, &error))?,
        None => DEMO_NOTICE.to_owned(),
    };
    engine
        .activate(&programme)
        .map_err(|error| activation(&error))?;
    engine
        .publish(&notice)
        .map_err(|error| publication(&error))?;
    Ok(engine)
}

/// Why a notice cannot be published in this store.
pub(crate) fn publication(error: &PublishError) -> Failure {
    match error {
        PublishError::Refused(refusal) => refusal.clone().into(),
        PublishError::VersionTaken { version } => Failure::new(
            "notice_version_taken",
            format!("告知书版本 {version} 已发布过不同的内容：请改版本号"),
            format!("notice version {version} was published with another text: change its version"),
        ),
        PublishError::File(faults) => {
            let lines = faults.iter().map(ToString::to_string);
            let lines = lines.collect::<Vec<_>>().join("; ");
            Failure::new(
                "bad_notice",
                format!("告知书文件有误：{lines}"),
                format!("the notice file has faults: {lines}"),
            )
        }
    }
}

/// A shop without an account of the staff says once with which code the first one is made: there is none by default.
fn tell_set_up(app: &App, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    if let Some(code) = app.engine.issue_set_up()? {
        let words = lang.pick(
            "员工设置码（仅显示一次）",
            "set-up code for staff (shown once)",
        );
        writeln!(out, "{words}: {}", code.as_str())?;
    }
    Ok(())
}

/// Says which settings it goes by.
fn tell(
    settings: &Settings,
    file: Option<&Path>,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let shown = |path: Option<&Path>, zh, en| {
        path.map_or_else(
            || lang.pick(zh, en).to_owned(),
            |path| path.display().to_string(),
        )
    };
    let programme = settings.programme.as_deref();
    let notice = settings.notice.as_deref();
    let (data, keys) = (settings.data.display(), settings.keys.display());
    let rows = [
        ("设置", "settings", shown(file, "默认", "defaults")),
        ("数据", "data", data.to_string()),
        ("密钥", "keys", keys.to_string()),
        (
            "会员制度",
            "programme",
            shown(programme, "内置演示制度", "the built-in demo programme"),
        ),
        (
            "告知书",
            "notice",
            shown(notice, "内置告知书", "the built-in notice"),
        ),
    ];
    for (zh, en, value) in rows {
        writeln!(out, "{}: {value}", lang.pick(zh, en))?;
    }
    Ok(())
}

/// Says where it listens, and with which certificate.
fn tell_doors(
    settings: &Settings,
    certificate: Option<&Certificate>,
    listeners: &Listeners,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if let Some(certificate) = certificate {
        let words = lang.pick("证书", "certificate");
        writeln!(out, "{words}: {}", certificate.words(lang))?;
    }
    if let Some(screen) = listeners.screen() {
        writeln!(out, "{}: http://{screen}/", lang.pick("屏幕", "screen"))?;
    }
    if let Some(edge) = listeners.edge() {
        let names = settings.edge_names(edge).join(", ");
        let scheme = if certificate.is_some() {
            "https"
        } else {
            "http"
        };
        let words = lang.pick("接口", "edge");
        writeln!(out, "{words}: {scheme}://{edge}/ ({names})")?;
    }
    out.flush()?;
    Ok(())
}
