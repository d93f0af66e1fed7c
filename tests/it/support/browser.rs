//! A real Chromium, driven over WebDriver: `make needs-browser`.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;

use super::{Connection, Request, folder_in_memory, memory_has_room};

/// Phones of the smallest kind, and desks.
const WIDTHS: [u32; 2] = [320, 1280];
const HEIGHT: u32 = 900;
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Generous, for machines with other work.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Of a click, where a page follows; a file that is saved instead is waited for as long.
const MAX_NAVIGATION: Duration = Duration::from_secs(5);
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Chromium renders these popups at each start, for 1.2 of its 2 seconds of CPU.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
];
/// What WCAG 2.2 demands at levels A and AA.
const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

/// Whether the scripts of pages run. Those of the driver do in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// One browser with a profile of its own, and the program that drives it.
pub struct Browser {
    driver: Option<WebDriver>,
    scripts: Scripts,
    session: String,
    _server: Server,
    address: SocketAddr,
    _profile: TempDir,
}

/// Killed in any case, also where the browser does not start.
struct Server {
    child: Child,
    /// Of the driver and the browser, which leave files behind.
    _temporary: TempDir,
}

impl Server {
    /// `None` where it ends without a port.
    fn start() -> Option<(Self, SocketAddr)> {
        let temporary = folder_in_memory("claviger-chromium-");
        let mut command = Command::new("chromedriver");
        command.args(["--port=0"]).env("TMPDIR", temporary.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().expect("make needs-browser installs it");
        let mut server = Self { child, _temporary: temporary };
        let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| line.ok()?.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok())?;
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Some((server, SocketAddr::from(([127, 0, 0, 1], port))))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Browser {
    pub async fn start(scripts: Scripts) -> Self {
        claviger::server::install_crypto();
        // The port that it chooses may be in use for IPv6; then it ends.
        let (server, address) = (0..4).find_map(|_| Server::start()).expect("chromedriver says its port");
        let profile = folder_in_memory("claviger-chromium-");
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag).unwrap();
        }
        if !memory_has_room() {
            capabilities.add_arg("--disable-dev-shm-usage").unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        capabilities.add_arg("--lang=en").unwrap();
        if scripts == Scripts::Off {
            let off = json!({"profile.managed_default_content_settings.javascript": 2});
            capabilities.add_experimental_option("prefs", off).unwrap();
        }
        capabilities.set_browser_log_level(thirtyfour::LoggingPrefsLogLevel::All).unwrap();
        let driver = WebDriver::new(format!("http://{address}"), capabilities).await.unwrap();
        let session = driver.handle().session_id().to_string();
        let browser = Self { driver: Some(driver), scripts, session, _server: server, address, _profile: profile };
        browser.resize(1280).await;
        browser
    }

    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().unwrap()
    }

    /// The width of the page.
    pub async fn resize(&self, width: u32) {
        self.measure(width, HEIGHT).await;
    }

    async fn measure(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// `light` or `dark`, without motion: a colour halfway between two schemes has no contrast.
    pub async fn scheme(&self, scheme: &str) {
        let features = json!({"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.driver().cdp().send_raw(command, parameters).await.unwrap();
    }

    pub async fn open(&self, url: &str) {
        self.driver().goto(url).await.unwrap();
    }

    pub async fn back(&self) {
        self.driver().back().await.unwrap();
    }

    pub async fn reload(&self) {
        self.driver().refresh().await.unwrap();
    }

    /// Path and query.
    pub async fn location(&self) -> String {
        let url = self.driver().current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Waits for a page: keys that submit a form do not wait for its answer.
    pub async fn arrives_at(&self, path: &str) {
        let start = Instant::now();
        while self.location().await != path {
            if start.elapsed() > MAX_WAIT {
                panic!("{} is shown instead of {path}:\n{}", self.location().await, self.text("main").await);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub async fn title(&self) -> String {
        self.driver().title().await.unwrap()
    }

    pub async fn source(&self) -> String {
        self.driver().source().await.unwrap()
    }

    /// What a person reads in the first element of this selector.
    pub async fn text(&self, selector: &str) -> String {
        let start = Instant::now();
        loop {
            match self.element(selector).await.text().await {
                Ok(text) => return text,
                // Its page has just made room for the next one.
                Err(_) if start.elapsed() < MAX_WAIT => tokio::time::sleep(POLL_INTERVAL).await,
                Err(error) => panic!("{selector} at {}: {error}", self.location().await),
            }
        }
    }

    /// The same for all elements of this selector.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.driver().find_all(By::Css(selector)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    pub async fn has(&self, selector: &str) -> bool {
        !self.driver().find_all(By::Css(selector)).await.unwrap().is_empty()
    }

    /// Waits for it: a click does not wait for a page that takes its time.
    async fn element(&self, selector: &str) -> WebElement {
        let start = Instant::now();
        loop {
            match self.driver().find(By::Css(selector)).await {
                Ok(element) => return element,
                Err(_) if start.elapsed() < MAX_WAIT => tokio::time::sleep(POLL_INTERVAL).await,
                Err(error) => {
                    panic!("{selector} is not at {}: {error}\n{}", self.location().await, self.source().await)
                }
            }
        }
    }

    /// Enters a text into the field with this id, at once and in place of what is there. Single keys: [`Self::type_keys`].
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.element(&format!("[id='{id}']")).await;
        field.clear().await.unwrap();
        let script = "arguments[0].focus(); return document.activeElement == arguments[0]";
        let has_focus = self.driver().execute(script, vec![field.to_json().unwrap()]).await.unwrap();
        assert_eq!(*has_focus.json(), true, "{id} does not take the focus");
        self.devtools("Input.insertText", json!({"text": text})).await;
        // Lost where another page has come in between.
        assert_eq!(field.prop("value").await.unwrap().as_deref(), Some(text), "{id}");
    }

    /// Chooses an option of the select with this id.
    pub async fn choose(&self, id: &str, value: &str) {
        self.click(&format!("[id='{id}'] option[value='{value}']")).await;
    }

    /// Chooses a file.
    pub async fn upload(&self, id: &str, file: &Path) {
        self.element(&format!("[id='{id}']")).await.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Sets the value of a field into which browsers type in their own order, such as a date.
    pub async fn set(&self, id: &str, value: &str) {
        let script = "document.getElementById(arguments[0]).value = arguments[1]";
        self.driver().execute(script, vec![json!(id), json!(value)]).await.unwrap();
    }

    pub async fn value(&self, id: &str) -> String {
        self.element(&format!("[id='{id}']")).await.prop("value").await.unwrap().unwrap_or_default()
    }

    pub async fn click(&self, selector: &str) {
        self.click_on(self.element(selector).await).await;
    }

    /// A click on a link or a button of a form waits for the next page: the driver itself may answer before it comes.
    async fn click_on(&self, element: WebElement) {
        let script = "const [element] = arguments, link = element.closest('a[href]');
            return link ? !link.hash && !link.target && !link.hasAttribute('download') : element.form && element.type == 'submit'";
        let leads_on = self.driver().execute(script, vec![element.to_json().unwrap()]).await.unwrap();
        element.click().await.unwrap();
        let start = Instant::now();
        while *leads_on.json() == true && start.elapsed() < MAX_NAVIGATION && element.tag_name().await.is_ok() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        while !self.is_loaded().await {
            assert!(start.elapsed() < MAX_WAIT, "{} does not load", self.location().await);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn is_loaded(&self) -> bool {
        let state = self.driver().execute("return document.readyState", vec![]).await;
        state.is_ok_and(|state| *state.json() == "complete")
    }

    /// Submits a form as it stands, past the browser's own checks: `requestSubmit` as a person's press does, `submit` as a
    /// program does. Waits for the answer.
    pub async fn submit_form(&self, index: usize, way: &str) {
        let form = self.element("form").await;
        let script = "const form = document.forms[arguments[0]]; form.noValidate = true; form[arguments[1]]()";
        self.driver().execute(script, vec![json!(index), json!(way)]).await.unwrap();
        let start = Instant::now();
        while form.tag_name().await.is_ok() || !self.is_loaded().await {
            assert!(start.elapsed() < MAX_WAIT, "{way} of form {index} at {} does nothing", self.location().await);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// The button or link with this text.
    pub async fn press(&self, text: &str) {
        self.press_at(&format!("(//button|//a)[normalize-space(.)='{text}']"), text).await;
    }

    /// A line of the menu below this heading, without the number beside it.
    pub async fn press_in_menu(&self, heading: &str, line: &str) {
        let list = format!("//nav[@id='menu']/h2[normalize-space(.)='{heading}']/following-sibling::ul[1]");
        self.press_at(&format!("{list}//a[normalize-space(text())='{line}']"), &format!("{heading} > {line}")).await;
    }

    /// An entry of the menu of the card with this title.
    pub async fn press_in_card(&self, title: &str, entry: &str) {
        let more = format!("//li[@class='card'][.//h2[normalize-space(.)='{title}']]/div[@class='more']");
        self.press_at(&format!("{more}/button"), title).await;
        self.press_at(&format!("{more}/div//a[normalize-space(.)='{entry}']"), &format!("{title} > {entry}")).await;
    }

    /// The element of this XPath, which `what` describes.
    async fn press_at(&self, path: &str, what: &str) {
        let start = Instant::now();
        loop {
            match self.driver().find(By::XPath(path)).await {
                Ok(element) => return self.click_on(element).await,
                Err(_) if start.elapsed() < MAX_WAIT => tokio::time::sleep(POLL_INTERVAL).await,
                Err(_) => panic!("{what} is not at {}:\n{}", self.location().await, self.source().await),
            }
        }
    }

    /// Goes on in the tab that a link has opened.
    pub async fn enter_new_tab(&self) {
        let tabs = self.driver().windows().await.unwrap();
        self.driver().switch_to_window(tabs.last().unwrap().clone()).await.unwrap();
    }

    /// Closes this tab, and goes back to the first one.
    pub async fn leave_tab(&self) {
        self.driver().close_window().await.unwrap();
        let tabs = self.driver().windows().await.unwrap();
        self.driver().switch_to_window(tabs[0].clone()).await.unwrap();
    }

    /// Types on the keyboard, wherever the focus is. Keys are those of [`Key`].
    pub async fn type_keys(&self, keys: impl Into<thirtyfour::TypingData>) {
        self.driver().action_chain().send_keys(keys.into()).perform().await.unwrap();
    }

    /// Goes on with the Tab key to the element with this id, or button or link with this text.
    pub async fn tab_to(&self, target: &str) {
        for _ in 0..60 {
            self.type_keys(Key::Tab + "").await;
            let focused = self.driver().active_element().await.unwrap();
            let id = focused.attr("id").await.unwrap().unwrap_or_default();
            if id == target || focused.text().await.unwrap().trim() == target {
                return;
            }
        }
        panic!("Tab does not reach {target} at {}", self.location().await);
    }

    /// Waits until the element of this tag and class has the focus: keys that submit a form do not wait for its answer.
    pub async fn has_focus(&self, expected: &str) {
        let start = Instant::now();
        loop {
            let focused = self.focus().await;
            if focused.as_deref().ok() == Some(expected) {
                return;
            }
            assert!(start.elapsed() < MAX_WAIT, "{focused:?} has the focus instead of {expected}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Tag and class of the element that has the focus.
    ///
    /// # Errors
    ///
    /// While a page is exchanged for another.
    pub async fn focus(&self) -> WebDriverResult<String> {
        let focused = self.driver().active_element().await?;
        let class = focused.attr("class").await?.unwrap_or_default();
        Ok(format!("{}.{class}", focused.tag_name().await?))
    }

    /// Fails where the page is wider than the window, breaks its own policy, writes an error to the console, or has a
    /// violation that axe finds. Without scripts, only what does not need them is looked at.
    pub async fn inspect(&self, what: &str) {
        let script = "return [document.documentElement.scrollWidth, window.innerWidth]";
        let widths = self.driver().execute(script, vec![]).await.unwrap().json().clone();
        assert!(widths[0].as_u64() <= widths[1].as_u64(), "{what} at {}: is {widths} wide", self.location().await);
        self.assert_quiet(what).await;
        if self.scripts == Scripts::On {
            let found = self.violations().await;
            assert!(found.is_empty(), "{what} at {}:\n{}", self.location().await, found.join("\n"));
        }
    }

    /// No report of the content security policy, and no error in the console.
    pub async fn assert_quiet(&self, what: &str) {
        let log = self.driver().browser_log().await.unwrap();
        // The status of a refusal is an error for the console.
        let is_status = |message: &str| message.contains("Failed to load resource: the server responded with a status");
        let loud = log.iter().filter(|entry| entry.level == "SEVERE" && !is_status(&entry.message));
        let loud: Vec<_> = loud.map(|entry| &entry.message).collect();
        assert!(loud.is_empty(), "{what} at {}: {loud:#?}", self.location().await);
    }

    async fn violations(&self) -> Vec<String> {
        let is_loaded = self.driver().execute("return 'axe' in window", vec![]).await.unwrap();
        if *is_loaded.json() != true {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser/node_modules/axe-core/axe.min.js");
            let axe = std::fs::read_to_string(file).expect("make needs-browser installs axe-core");
            self.driver().execute(axe, vec![]).await.unwrap();
        }
        let run = format!(
            "const done = arguments[arguments.length - 1];
             axe.run(document, {{runOnly: {{type: 'tag', values: {RULES}}}}}).then(
               (found) => done(found.violations.map((one) =>
                 one.id + ': ' + one.help + '\\n  ' + one.nodes.map((node) => node.html + ' ' + node.failureSummary).join('\\n  '))),
               (error) => done(['axe failed: ' + error]));"
        );
        let found = self.driver().execute_async(run, vec![]).await.unwrap().json().clone();
        found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// Keeps a picture of the whole page, where `CLAVIGER_TEST_SCREENSHOTS` names a folder.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("CLAVIGER_TEST_SCREENSHOTS") else { return };
        std::fs::create_dir_all(&folder).unwrap();
        for scheme in ["light", "dark"] {
            self.scheme(scheme).await;
            for width in WIDTHS {
                self.measure(width, 3 * HEIGHT).await;
                let file = Path::new(&folder).join(format!("{name}-{width}-{scheme}.png"));
                self.driver().screenshot(&file).await.unwrap();
            }
        }
        self.resize(1280).await;
        self.scheme("light").await;
    }

    /// Writes a picture of the window.
    pub async fn screenshot(&self, file: &Path) {
        self.driver().screenshot(file).await.unwrap();
    }

    /// The value of an attribute of the first element of this selector.
    pub async fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        self.element(selector).await.attr(name).await.unwrap()
    }

    /// Looks at the page in both widths, each in both schemes.
    pub async fn inspect_in_all_ways(&self, what: &str) {
        for width in WIDTHS {
            for scheme in ["light", "dark"] {
                self.scheme(scheme).await;
                self.resize(width).await;
                self.inspect(&format!("{what}, {width} px, {scheme}")).await;
            }
        }
        self.picture(what).await;
        self.scheme("light").await;
    }

    /// Looks at the page in both widths and both schemes. Colours do not depend on the width.
    pub async fn inspect_everywhere(&self, what: &str) {
        for (width, scheme) in [(320, "dark"), (1280, "light")] {
            self.scheme(scheme).await;
            self.resize(width).await;
            self.inspect(&format!("{what}, {width} px, {scheme}")).await;
        }
        self.picture(what).await;
    }
}

impl Drop for Browser {
    /// Without this, Chromium outlives the program that drives it.
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            // Ended below, and not by a task of a runtime that is ending.
            let _leaked = Arc::clone(driver.handle());
            std::mem::forget(driver);
        }
        let end = Request::new("DELETE", &format!("/session/{}", self.session)).header("Connection", "close");
        let _ended = std::panic::catch_unwind(|| Connection::open(self.address).send(&end.host("127.0.0.1")));
    }
}
