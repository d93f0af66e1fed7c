//! Both channels of a whole process, and what a contact finds there.

use crate::support::{Connection, Reply, Request, eventually};

use super::bed::PASSWORD;
use super::smtp_server::SmtpServer;
use super::twilio::{ACCOUNT, TOKEN, Twilio};

pub struct Post {
    pub mail: SmtpServer,
    pub twilio: Twilio,
}

impl Post {
    pub async fn start() -> Self {
        Self { mail: SmtpServer::start(), twilio: Twilio::start().await }
    }

    /// The section `delivery`; `more` are further keys, each followed by a comma.
    pub fn settings(&self, more: &str) -> String {
        format!(
            "delivery: {{{more} mail: {{server: 'smtp://localhost:{}', username: keys, password: '{PASSWORD}', \
             from: keys@example.org, ca: '{}'}}, sms: {{api: 'http://{}', account: {ACCOUNT}, token: '{TOKEN}', \
             from: '+15005550006', countries: ['+44']}}}}",
            self.mail.port,
            self.mail.folder.path().join("ca.pem").display(),
            self.twilio.address,
        )
    }

    /// The newest ticket and the newest code, once `count` mails with links and `count` texts have arrived.
    pub fn received(&self, count: usize) -> (String, String) {
        let links = || {
            let mails = self.mail.mails().into_iter().filter(|mail| mail.text().contains("/reveal/"));
            mails.map(|mail| mail.link().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        eventually("mail and text message arrive", || links().len() == count && self.twilio.sent().len() == count);
        let body = self.twilio.sent().pop().unwrap()["Body"].clone();
        (links().pop().unwrap(), body.rsplit_once('#').unwrap().1.to_owned())
    }
}

/// Submits a form of the page behind a link, as a browser without cookies does.
pub fn submit(console: std::net::SocketAddr, target: &str, form: &str) -> Reply {
    let request = Request::new("POST", target)
        .header("Connection", "close")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    Connection::open(console).send(&request)
}

/// What the page after the right code shows.
pub fn shown_secret(page: &Reply) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("id=\"shown-secret\">").unwrap_or_else(|| panic!("no secret: {text}"));
    rest.split('<').next().unwrap().to_owned()
}
