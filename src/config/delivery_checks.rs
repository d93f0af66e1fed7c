//! Rules of delivery that involve more than one setting.

use std::net::SocketAddr;
use std::time::Duration;

use super::delivery::is_private_transport;
use super::raw;
use super::setting_fault::SettingFault;
use super::values::{MailHeader, Parsed, WebAddress};

const LINK_AT_LEAST: Duration = Duration::from_secs(3600);
const LINK_AT_MOST: Duration = Duration::from_secs(14 * 24 * 3600);
/// Letters and digits of a sender's name (GSM 03.40, 9.1.2.5).
const MAX_SENDER: usize = 11;

/// `has_database`: there is one in which messages can wait.
pub(super) fn faults(file: &raw::File, has_database: bool) -> Vec<SettingFault> {
    let mut faults = Faults(Vec::new());
    let delivery = &file.delivery;
    let has_channel = delivery.mail.is_some() || delivery.sms.is_some();
    let is_on = delivery.mail.is_some() && delivery.sms.is_some();
    if !(LINK_AT_LEAST..=LINK_AT_MOST).contains(&delivery.link.duration()) {
        faults.add("link", "must be 1h to 14 days (336h)", "leave it out for 72h");
    }
    let channel = if delivery.mail.is_some() { "mail" } else { "sms" };
    if has_channel && file.console.public_url.is_none() {
        let hint = "set console.public_url to the address of the console in a browser; links in messages begin with it";
        faults.add(channel, "needs console.public_url, which is missing", hint);
    }
    if has_channel && !has_database {
        faults.add(channel, "has no effect without a database", "set credentials.database, or leave delivery out");
    }
    if delivery.show_to_creator == Some(false) && !is_on {
        let missing = if delivery.mail.is_none() { "delivery.mail" } else { "delivery.sms" };
        let problem = format!("is false, and {missing} is missing: a secret could reach its user by no way");
        faults.add("show_to_creator", &problem, "set both channels, or leave show_to_creator out");
    }
    if let Some(mail) = &delivery.mail {
        faults.mail(mail);
    }
    if let Some(sms) = &delivery.sms {
        faults.sms(sms);
    }
    faults.reveal(file, is_on);
    faults.links(file, is_on);
    for (index, path) in file.old_installation_key_files.iter().enumerate() {
        if *path == file.installation_key_file || file.old_installation_key_files[..index].contains(path) {
            let path = vec!["old_installation_key_files".into(), index.to_string()];
            let problem = "is listed twice; installation_key_file counts too".into();
            faults.0.push(SettingFault { path, problem, hint: "" });
        }
    }
    faults.0
}

struct Faults(Vec<SettingFault>);

impl Faults {
    /// `key` below `delivery`.
    fn add(&mut self, key: &str, problem: &str, hint: &'static str) {
        let path = ["delivery"].into_iter().chain(key.split('.')).map(str::to_owned).collect();
        self.0.push(SettingFault { path, problem: problem.to_owned(), hint });
    }

    fn mail(&mut self, mail: &raw::Mail) {
        let has_password = mail.password.is_some() || mail.password_file.is_some();
        match (&mail.username, has_password) {
            (Some(_), false) => self.add("mail.username", "has no password", "set password_file"),
            (None, true) => self.add("mail", "has a password and no username", "set username, or leave both out"),
            (Some(name), true) if name.is_empty() || name.len() > 256 || name.chars().any(char::is_control) => {
                self.add("mail.username", "must be 1 to 256 characters on one line", "");
            }
            _ => {}
        }
        if mail.password.is_some() && mail.password_file.is_some() {
            self.add("mail.password_file", "is set together with password; use one of them", "");
        }
        for (name, value) in &mail.headers {
            if let Err(problem) = name.parse::<MailHeader>() {
                self.add("mail.headers", &format!("has a key that is none: it {problem}"), "");
            }
            if value.is_empty() || value.len() > 500 || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                let problem = "must be 1 to 500 characters of ASCII on one line";
                self.add(&format!("mail.headers.{name}"), problem, "");
            }
        }
    }

    fn sms(&mut self, sms: &raw::Sms) {
        if !is_private_transport(&sms.api.0.0) {
            self.add("sms.api", "is plain text to another machine", "write https://…");
        }
        self.base("sms.api", &sms.api);
        let is_word = |text: &str| {
            (1..=100).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        if !is_word(&sms.account) {
            self.add("sms.account", "must be the id of the account: letters and digits", "");
        }
        match (&sms.token, &sms.token_file) {
            (Some(_), Some(_)) => self.add("sms.token_file", "is set together with token; use one of them", ""),
            (None, None) => self.add("sms.token_file", "is missing", "name the file that holds the token"),
            _ => {}
        }
        match (&sms.from, &sms.messaging_service) {
            (Some(_), Some(_)) => self.add("sms.from", "is set together with messaging_service; use one of them", ""),
            (None, None) => self.add("sms.from", "is missing", "set the number of the sender, or messaging_service"),
            (Some(from), None) if !is_sender(from) => {
                let problem = "must be a number with its country code (E.164), or 1 to 11 letters and digits";
                self.add("sms.from", problem, "write \"+15005550006\", or the name of the sender");
            }
            (None, Some(service)) if !is_word(service) => {
                self.add("sms.messaging_service", "must be an id: letters and digits", "");
            }
            _ => {}
        }
    }

    fn reveal(&mut self, file: &raw::File, is_on: bool) {
        let reveal = &file.delivery.reveal;
        if (reveal.listen.is_some() || reveal.public_url.is_some()) && !is_on {
            self.add("reveal", "has no effect without delivery.mail and delivery.sms", "set both, or leave it out");
        }
        if reveal.listen.is_some() && reveal.public_url.is_none() {
            let hint = "set reveal.public_url to the address of that listener in a browser";
            self.add("reveal.public_url", "is missing, and links would lead to the console", hint);
        }
        if let Some(url) = &reveal.public_url {
            self.base("reveal.public_url", url);
        }
        if let Some(listen) = reveal.listen.as_ref().map(|listen| listen.0.0)
            && listen.port() != 0
            && other_listeners(file).contains(&listen)
        {
            self.add("reveal.listen", "is used by another listener", "set another port");
        }
        let console = &file.console;
        let is_loopback = |listen: &Parsed<super::values::ListenAddress>| listen.0.0.ip().to_canonical().is_loopback();
        if reveal.listen.as_ref().is_some_and(|listen| !is_loopback(listen))
            && console.tls.is_none()
            && !console.behind_proxy
        {
            let hint = "set console.tls; or console.behind_proxy: true, where a proxy in front terminates TLS";
            self.add("reveal.listen", "is not a loopback address, and secrets would be shown without TLS", hint);
        }
    }

    /// Links in messages are secrets: with one, a password is chosen or a key is shown.
    fn links(&mut self, file: &raw::File, is_on: bool) {
        let (of_console, of_reveal) = (&file.console.public_url, &file.delivery.reveal.public_url);
        let bases: [(&[&str], _, _); 2] = [
            (&["console", "public_url"], of_console, file.delivery.mail.is_some()),
            (&["delivery", "reveal", "public_url"], of_reveal, is_on),
        ];
        for (path, url, is_sent) in bases {
            if is_sent && url.as_ref().is_some_and(|url| !is_private_transport(&url.0.0)) {
                let path = path.iter().map(|key| (*key).to_owned()).collect();
                let problem = "is plain text to another machine, and links to secrets begin with it".into();
                self.0.push(SettingFault { path, problem, hint: "write https://…, and serve that address over TLS" });
            }
        }
    }

    fn base(&mut self, key: &str, url: &Parsed<WebAddress>) {
        let authority = url.0.0.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
        if url.0.0.contains(['?', '#']) || authority.contains('@') {
            self.add(key, "must have no user, query or fragment", "write https://HOST/PATH");
        }
    }
}

fn other_listeners(file: &raw::File) -> Vec<SocketAddr> {
    let proxy = file.proxy.iter().flat_map(|proxy| &proxy.listen.0);
    let forward_auth = file.forward_auth.iter().flat_map(|forward_auth| &forward_auth.listen.0);
    let own = [&file.admin.listen, &file.console.listen];
    own.into_iter().chain(proxy).chain(forward_auth).map(|listen| listen.0.0).collect()
}

fn is_sender(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ';
    let is_name = (1..=MAX_SENDER).contains(&text.len()) && text.trim() == text && text.bytes().all(is_letter);
    is_number || is_name
}
