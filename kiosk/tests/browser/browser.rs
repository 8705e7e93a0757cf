//! A browser: a Chromium of its own with nothing remembered, and what a person does with it.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::{By, DesiredCapabilities, WebDriver, WebElement};
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

use crate::driver::{Driver, program};
use crate::store::Store;
use crate::wire::{request, send};

/// As it runs on a machine without a screen, and asks nobody anything.
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];
/// How long anything may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(20);
/// Notes what the policy of the page forbade, before anything of the page runs.
const NOTE_VIOLATIONS: &str = "window.violations = []; \
     addEventListener('securitypolicyviolation', (event) => \
       violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`), true);";
/// Waits in the page for a moment, until a condition holds.
const WAIT: &str = "const done = arguments[1], is = new Function(`return (${arguments[0]})`); \
     const end = performance.now() + 400; \
     (function look() { let now = false; try { now = !!is(); } catch {} \
       if (now || end < performance.now()) done(now); else setTimeout(look, 20); })();";

/// A size of a window, in CSS pixels, and how many pixels of the screen one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) wide: u32,
    pub(crate) high: u32,
    pub(crate) density: u32,
}

impl Size {
    pub(crate) const fn new(wide: u32, high: u32) -> Self {
        Self {
            wide,
            high,
            density: 1,
        }
    }
}

/// The kiosk's screen.
pub(crate) const KIOSK: Size = Size::new(1080, 1920);

/// A key that presses what has the focus.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Enter,
    Space,
}

/// A browser before a store.
pub(crate) struct Browser {
    /// Never dropped: its own end would wait for a connection that the runtime of the test no longer drives.
    driver: ManuallyDrop<WebDriver>,
    // In this order they are dropped: first the driver ends, then its folder goes.
    process: Driver,
    folder: TempDir,
    origin: String,
    /// Whose pictures it takes.
    pub(crate) test: &'static str,
    /// The digits of the card that was shown last.
    pub(crate) card: RefCell<String>,
    /// How often a finger touched it.
    pub(crate) taps: Cell<u32>,
}

impl Browser {
    /// At the kiosk's screen of a store.
    pub(crate) async fn at_screen(store: &Store, size: Size, test: &'static str) -> Self {
        Self::at(&format!("http://{}", store.screen()), size, test).await
    }

    /// At an origin such as `http://127.0.0.1:8080`.
    pub(crate) async fn at(origin: &str, size: Size, test: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::with(folder, &[], origin, size, test).await
    }

    /// With what an earlier one left in its folder, and with more flags.
    pub(crate) async fn with(
        folder: TempDir,
        flags: &[&str],
        origin: &str,
        size: Size,
        test: &'static str,
    ) -> Self {
        let process = Driver::start();
        let mut wishes = DesiredCapabilities::chrome();
        wishes
            .set_binary(program("chromium").to_str().unwrap())
            .unwrap();
        for flag in FLAGS.iter().chain(flags) {
            wishes.add_arg(flag).unwrap();
        }
        let data = format!("--user-data-dir={}", folder.path().display());
        wishes.add_arg(&data).unwrap();
        wishes
            .set_browser_log_level(LoggingPrefsLogLevel::All)
            .unwrap();
        let driver = WebDriver::new(format!("http://{}", process.address()), wishes)
            .await
            .unwrap();
        driver.set_page_load_timeout(PATIENCE).await.unwrap();
        let browser = Self {
            driver: ManuallyDrop::new(driver),
            process,
            folder,
            origin: origin.to_owned(),
            test,
            card: RefCell::default(),
            taps: Cell::default(),
        };
        browser.resize(size).await;
        let noting = json!({"source": NOTE_VIOLATIONS});
        browser
            .command("Page.addScriptToEvaluateOnNewDocument", noting)
            .await;
        browser
    }

    /// Turns to another origin.
    pub(crate) fn turn_to(&mut self, origin: String) {
        self.origin = origin;
    }

    pub(crate) async fn resize(&self, size: Size) {
        let metrics = json!({
            "width": size.wide,
            "height": size.high,
            "deviceScaleFactor": size.density,
            "mobile": false,
        });
        self.command("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// A command of the `DevTools` protocol.
    pub(crate) async fn command(&self, name: &str, values: Value) -> Value {
        self.driver.cdp().send_raw(name, values).await.unwrap()
    }

    /// Goes to a path, and waits until it is loaded.
    pub(crate) async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.origin);
        self.driver.goto(address).await.unwrap();
    }

    /// The path of the page that is shown.
    pub(crate) async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    /// The whole address of it.
    pub(crate) async fn url(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// It is on this page.
    #[track_caller]
    pub(crate) fn is_at(&self, path: &str) -> impl Future<Output = ()> {
        let wish = format!("location.pathname === '{path}' && document.readyState === 'complete'");
        async move { self.wait_until(&wish).await }
    }

    /// The same where no script runs.
    pub(crate) async fn arrives_at(&self, path: &str) {
        let end = Instant::now() + PATIENCE;
        while self.path().await != path && Instant::now() < end {}
        assert_eq!(self.path().await, path);
    }

    /// The browser's Back.
    pub(crate) async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    pub(crate) async fn element(&self, css: &str) -> WebElement {
        let found = self.driver.find(By::Css(css)).await;
        let path = self.path().await;
        assert!(found.is_ok(), "{css} is not on {path}: {found:?}");
        found.unwrap()
    }

    /// Presses with a pointer.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.element(css).await;
        // Whole: what is seen of a button at the edge of the window may be too little to hit.
        element.scroll_into_view().await.unwrap();
        let pressed = element.click().await;
        assert!(pressed.is_ok(), "{css}: {pressed:?}");
    }

    /// Presses what leads to another page, and waits until that is there, also where it has the same path.
    pub(crate) async fn follow(&self, css: &str) {
        self.script("window.isLeft = false").await;
        self.click(css).await;
        let end = Instant::now() + PATIENCE;
        let look = "return window.isLeft === undefined && document.readyState === 'complete'";
        loop {
            let told = self.driver.execute(look, Vec::new()).await;
            if told.is_ok_and(|told| told.json() == &json!(true)) {
                return;
            }
            if end < Instant::now() {
                self.shot("never").await;
                let path = self.path().await;
                assert_eq!(css, "", "it leads nowhere from {path}");
            }
        }
    }

    /// Empties a field, and types into it.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.element(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Types at whatever has the focus.
    pub(crate) async fn keys(&self, text: &str) {
        let chain = self.driver.action_chain().send_keys(text);
        chain.perform().await.unwrap();
    }

    /// Presses a key that may lead to another page. Chromedriver's own way of pressing begins again when a page goes
    /// meanwhile, and Enter would be pressed twice.
    pub(crate) async fn press(&self, key: Key) {
        let (name, code, text, number) = match key {
            Key::Enter => ("Enter", "Enter", "\r", 13),
            Key::Space => (" ", "Space", " ", 32),
        };
        let mut event = json!({
            "type": "keyDown", "key": name, "code": code, "text": text, "windowsVirtualKeyCode": number,
        });
        self.command("Input.dispatchKeyEvent", event.clone()).await;
        event["type"] = "keyUp".into();
        self.command("Input.dispatchKeyEvent", event).await;
    }

    /// What a script gives.
    pub(crate) async fn script(&self, script: &str) -> Value {
        let given = self.driver.execute(script, Vec::new()).await;
        assert!(given.is_ok(), "{script}: {given:?}");
        given.unwrap().json().clone()
    }

    /// What a script gives to its last argument.
    pub(crate) async fn promised(&self, script: &str) -> Value {
        let given = self.driver.execute_async(script, Vec::new()).await;
        assert!(given.is_ok(), "{script}: {given:?}");
        given.unwrap().json().clone()
    }

    /// Waits until a condition of the page holds, over pages that come meanwhile.
    pub(crate) async fn wait_until(&self, condition: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let wish = vec![json!(condition)];
            let told = self.driver.execute_async(WAIT, wish).await;
            if told.is_ok_and(|told| told.json() == &json!(true)) {
                return;
            }
            if end < Instant::now() {
                self.shot("never").await;
                let path = self.path().await;
                assert_eq!(condition, "", "this never comes on {path}");
            }
        }
    }

    /// The words and what stands in the fields.
    pub(crate) async fn words_and_fields(&self) -> String {
        let all = "return document.documentElement.outerHTML + \
             [...document.querySelectorAll('input, textarea')].map((field) => field.value).join(' ')";
        self.script(all).await.as_str().unwrap().to_owned()
    }

    /// The cookies that the browser has for this store, as it would send them.
    pub(crate) async fn cookies(&self) -> Vec<String> {
        let cookies = self.driver.get_all_cookies().await.unwrap();
        cookies
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect()
    }

    /// What the browser complained of since it was last asked.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.unwrap();
        log.iter()
            .filter(|entry| entry.level == "SEVERE")
            .map(|entry| entry.message.clone())
            .collect()
    }

    /// Takes a picture of what is seen.
    pub(crate) async fn picture(&self, file: &Path) {
        self.driver.screenshot(file).await.unwrap();
    }
}

impl Browser {
    /// Ends Chromium, as somebody does who closes it.
    pub(crate) fn end(&self) {
        let path = format!("/session/{}", self.driver.session_id());
        let host = self.process.address().to_string();
        let end = request("DELETE", &path, &[("host", &*host)], "");
        send(self.process.address(), &end);
    }

    /// Where it keeps what it remembers.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The same after its end.
    pub(crate) fn left(mut self) -> TempDir {
        self.end();
        let other = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.folder, other)
    }
}

/// Ends Chromium, also when the test fails.
impl Drop for Browser {
    fn drop(&mut self) {
        self.end();
    }
}
