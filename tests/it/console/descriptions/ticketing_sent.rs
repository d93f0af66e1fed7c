//! "Setting up an API user" as written: a link by e-mail and a code by text message bring the API key to the third party.

use claviger::store::AccountRecord;

use super::{OWNER, assert_status, assert_text, browser_of, expect, inspect};
use crate::console::people::{SENT_URL, TestConsole};
use crate::delivery::bed::PASSWORD;
use crate::delivery::smtp_server::SmtpServer;
use crate::delivery::twilio::{ACCOUNT, TOKEN, Twilio};
use crate::support::{Browser, Connection, RecordingApi, Request, Scripts, eventually};

const PAGE: (&str, &str) = ("Settings: Users", "API Accounts");
/// The mail server accepts what is for `ok`.
const EMAIL: &str = "ok@pixel.example";
const MOBILE: &str = "+447894123456";

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_has_an_api_key_sent_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_has_an_api_key_sent_without_scripts() {
    follow(Scripts::Off).await;
}

/// What the third party has received.
struct Inbox {
    mail: SmtpServer,
    twilio: Twilio,
}

impl Inbox {
    fn settings(&self) -> String {
        let ca = self.mail.folder.path().join("ca.pem");
        format!(
            "\ndelivery:\n  mail: {{server: 'smtp://localhost:{}', username: keys, password: '{PASSWORD}', \
             from: 'Box Office <keys@example.net>', ca: '{}'}}\n  sms: {{api: 'http://{}', account: {ACCOUNT}, \
             token: '{TOKEN}', from: '+15005550006', countries: ['+44']}}\n",
            self.mail.port,
            ca.display(),
            self.twilio.address,
        )
    }

    /// Path of the newest link and the newest code, once this number of each has arrived.
    fn received(&self, count: usize) -> (String, String) {
        let links = || {
            let mails =
                self.mail.mails().into_iter().filter(|mail| mail.to() == EMAIL && mail.text().contains("/reveal/"));
            mails.map(|mail| mail.link().strip_prefix(SENT_URL).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let texts = || self.twilio.sent();
        eventually("mail and text message arrive", || links().len() == count && texts().len() == count);
        let text = texts().pop().unwrap();
        assert_eq!(text["To"], MOBILE);
        let code = text["Body"].rsplit_once('#').unwrap().1.to_owned();
        (links().pop().unwrap(), code)
    }
}

/// The pages that the third party sees: the API key.
async fn open(console: &TestConsole, scripts: Scripts, (link, code): &(String, String), name: &str) -> String {
    let browser = Browser::start(scripts).await;
    browser.open(&console.url(link)).await;
    assert_eq!(browser.text("h1").await, "Your API access");
    assert!(!browser.has("nav").await && !browser.has("header a").await);
    assert_text(&browser, "to the number ending in 456").await;
    inspect(&browser, &format!("reveal-{name}")).await;
    browser.fill("code", "1234").await;
    browser.press("Show my credentials").await;
    assert_text(&browser, "must be the 8 digits of the text message").await;
    inspect(&browser, &format!("reveal-{name}-wrong")).await;
    let spaced = format!("{} {}", &code[..4], &code[4..]);
    browser.fill("code", &spaced).await;
    browser.press("Show my credentials").await;
    assert_eq!(browser.text("#shown-username").await, "Pixel Studio");
    let key = browser.text("#shown-secret").await;
    inspect(&browser, &format!("reveal-{name}-key")).await;
    // Again and again: never a second time.
    let other = Browser::start(scripts).await;
    other.open(&console.url(link)).await;
    assert_text(&other, "cannot be shown again").await;
    assert!(!other.source().await.contains(&key));
    inspect(&other, &format!("reveal-{name}-again")).await;
    key
}

/// A scanner of mails sends HEAD and GET, opens the link, presses each button, submits each form empty, and posts junk. None
/// of that is a try; eight digits are one.
async fn scan(console: &TestConsole, scripts: Scripts, (link, code): &(String, String)) {
    let send = |method: &str, target: &str, form: &str| {
        let form_type = "application/x-www-form-urlencoded";
        let request = Request::new(method, target).header("Connection", "close").header("Content-Type", form_type);
        Connection::open(console.gate.console).send(&if form.is_empty() { request } else { request.body(form) })
    };
    let tries = || console.bed.ask("SELECT CAST(SUM(tries) AS BIGINT) FROM reveals");
    let request = Request::new("HEAD", link).header("Connection", "close");
    let mut connection = Connection::open(console.gate.console);
    connection.write(&request.bytes());
    assert_eq!(connection.reply(true).map(|reply| reply.status), Some(200));
    assert_eq!(send("GET", link, "").status, 200);

    let scanner = Browser::start(scripts).await;
    scanner.open(&console.url(link)).await;
    let (buttons, forms) = (scanner.texts("button").await, scanner.texts("form").await.len());
    assert_eq!((buttons.len(), forms), (2, 2), "{buttons:?}");
    for button in &buttons {
        scanner.open(&console.url(link)).await;
        scanner.press(button).await;
    }
    for way in ["requestSubmit", "submit"] {
        let mut answers = Vec::new();
        for form in 0..forms {
            scanner.open(&console.url(link)).await;
            scanner.submit_form(form, way).await;
            answers.push(scanner.text("main").await);
        }
        let has_fault = |text: &String| text.contains("must be the 8 digits of the text message");
        assert_eq!(answers.iter().map(has_fault).collect::<Vec<_>>(), [true, false], "{way} has reached the server");
    }

    for junk in ["code=", "code=+", "code=junk", "code=1234567", "code=123456789", "code=1234567x", "code=%00"] {
        assert_eq!(send("POST", link, junk).status, 422, "{junk}");
    }
    assert!((400..500).contains(&send("POST", link, "").status));
    assert_eq!(tries().await, 0, "none of this is a try");
    let wrong = if code == "12345678" { "code=8765-4321" } else { "code=1234-5678" };
    let refused = send("POST", link, wrong);
    assert!(refused.status == 422 && refused.text().contains("4 tries are left"), "{}", refused.text());
    assert_eq!(tries().await, 1);
}

async fn follow(scripts: Scripts) {
    let inbox = Inbox { mail: SmtpServer::start(), twilio: Twilio::start().await };
    // It goes on without its value.
    let api = RecordingApi::start();
    let change = |record: &mut AccountRecord| record.name = Some("Harbour Theatre".into());
    let console = TestConsole::of_example_with("ticketing", api.url(), &inbox.settings(), change).await;
    let customers = Request::get("/v3/customers");

    let browser = browser_of(&console, OWNER, scripts).await;
    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press("New API Account").await;
    assert!(!browser.has("#password").await && !browser.has("[name='deliver']").await, "only the contact sees it");
    inspect(&browser, "sent-new").await;
    browser.fill("username", "Pixel Studio").await;
    browser.fill("contact_email", EMAIL).await;
    browser.fill("contact_mobile", "07894 123 456").await;
    browser.click("[name='rights'][value='all']").await;
    browser.press("Create API Account").await;
    browser.press("Did you mean +447894123456 (United Kingdom)?").await;
    browser.press("Create API Account").await;
    assert_status(
        &browser,
        "Pixel Studio: an email with a link and a text message with an authentication code are on their way.",
    )
    .await;
    assert_text(&browser, "Its API key has not been shown to the API user yet.").await;
    let first = inbox.received(1);
    browser.reload().await;
    inspect(&browser, "sent-waiting").await;
    browser.press_in_menu(PAGE.0, PAGE.1).await;
    assert_text(&browser, "Waiting").await;
    inspect(&browser, "sent-accounts").await;

    scan(&console, scripts, &first).await;
    assert_eq!(inbox.twilio.sent().len(), 1, "a scanner has no text message sent within two minutes of another");
    let old = open(&console, scripts, &first, "first").await;
    let with_old = customers.clone().basic("Pixel Studio", &old);
    expect(&console, &with_old, 200);

    browser.press_in_card("Pixel Studio", "Reset API Key").await;
    assert_text(&browser, "This sends a new email and a new text message").await;
    inspect(&browser, "sent-reset").await;
    browser.press("Reset API Key").await;
    expect(&console, &with_old, 401);
    let second = inbox.received(2);
    assert!(second.0 != first.0 && second.1 != first.1);
    let new = open(&console, scripts, &second, "second").await;
    let with_new = customers.basic("Pixel Studio", &new);
    expect(&console, &with_new, 200);
    expect(&console, &with_old, 401);
    browser.reload().await;
    assert_text(&browser, "The API key was shown on").await;
    inspect(&browser, "sent-shown").await;
    assert!(!browser.source().await.contains(&new));

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press(EMAIL).await;
    browser.click("#active").await;
    browser.press("Save").await;
    expect(&console, &with_new, 401);
    browser.click("#active").await;
    browser.press("Save").await;
    expect(&console, &with_new, 200);

    let log = console.gate.stderr();
    for secret in [&old, &new, &first.1, &second.1, &first.0[8..].to_owned(), &second.0[8..].to_owned()] {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
    }
}
