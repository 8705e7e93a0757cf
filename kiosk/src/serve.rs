//! `jifen serve`: opens the listeners, says where, and waits until it is told to stop.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::failure::Failure;
use crate::http::{Limits, Listeners, listen};
use crate::lang::Lang;
use crate::log;
use crate::route::{App, route};
use crate::settings::Settings;
use crate::stop::Stop;

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
    let route = route(Arc::new(App::default()));
    let limits = Limits::new(settings.edge_connections);
    let (screen, edge) = (settings.screen_listen, settings.edge_listen);
    let listeners = listen(&route, Some(screen), Some(edge), limits)?;
    // From here on the listeners are stopped whatever happens: what was answered is kept either way.
    let told = tell(&settings, loaded.file.as_deref(), &listeners, lang, out);
    if told.is_ok() {
        stop.wait();
    }
    listeners.stop();
    told
}

/// Says where it listens, and which settings it goes by.
fn tell(
    settings: &Settings,
    file: Option<&Path>,
    listeners: &Listeners,
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
    if let Some(screen) = listeners.screen() {
        writeln!(out, "{}: http://{screen}/", lang.pick("屏幕", "screen"))?;
    }
    if let Some(edge) = listeners.edge() {
        let names = settings.edge_names(edge).join(", ");
        writeln!(
            out,
            "{}: http://{edge}/ ({names})",
            lang.pick("接口", "edge")
        )?;
    }
    out.flush()?;
    Ok(())
}
