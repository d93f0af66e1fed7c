//! Rules that types alone cannot express, most of them on more than one setting.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::raw::{MAX_CONNECTIONS, MAX_LOOKUPS, MAX_MEGABYTES, MAX_QUEUED, MAX_REMEMBERED, MAX_THREADS};
use super::route_checks::below_exceptions;
use super::setting_fault::SettingFault;
use super::values::{AuthScheme, DatabaseUrl, Parsed, UpstreamUrl, WebAddress};
use super::{Diagnostic, Diagnostics, Node, delivery_checks, raw, webhooks_checks};

/// Checks are scheduled once a second.
const MIN_CHECK_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Checker<'r> {
    root: &'r Node,
    faults: Diagnostics,
}

impl<'r> Checker<'r> {
    pub(super) fn new(root: &'r Node) -> Self {
        Self { root, faults: Diagnostics::default() }
    }

    pub(super) fn check(mut self, file: &raw::File) -> Diagnostics {
        match (&file.proxy, &file.forward_auth) {
            (Some(proxy), _) => self.upstream(file, proxy),
            (None, Some(_)) => {}
            (None, None) => self.control_plane_only(file),
        }
        self.listeners(file);
        self.accept(file);
        self.versions(file);
        self.report_all(below_exceptions(file));
        self.cors(file);
        self.numbers(file);
        self.database(file);
        self.console(file);
        self.limits(file);
        self.throttle(&file.throttle);
        if file.rate_limit.as_ref().is_some_and(|rate| !rate.limit().is_countable()) {
            self.report(&["rate_limit", "burst"], "would take more than a hundred years to refill", "");
        }
        self.log(file);
        self.tracing(&file.tracing, cfg!(feature = "otlp"));
        self.credentials(&file.credentials);
        self.report_all(delivery_checks::faults(file, has_database(file)));
        self.report_all(webhooks_checks::faults(file, has_database(file)));
        self.faults
    }

    fn report(&mut self, path: &[&str], problem: &str, hint: &str) {
        let origin = self.root.origin_of(path);
        let fault = Diagnostic::new(origin, path.join("."), problem);
        self.faults.push(if hint.is_empty() { fault } else { fault.hint(hint) });
    }

    fn report_all(&mut self, faults: Vec<SettingFault>) {
        for fault in faults {
            let path: Vec<&str> = fault.path.iter().map(String::as_str).collect();
            self.report(&path, &fault.problem, fault.hint);
        }
    }

    /// Without a gate there must be a control plane to serve.
    fn control_plane_only(&mut self, file: &raw::File) {
        if !has_database(file) {
            let hint = "set the address of the API, for example upstream: http://127.0.0.1:9000, or pass --upstream; a \
                        control plane without a gate needs credentials.database";
            self.report(&["proxy", "upstream"], "is missing", hint);
        } else if !file.console.enabled {
            let hint = "set proxy.upstream to the address of the API, or leave console.enabled out";
            self.report(&["proxy"], "is missing, and console.enabled is false: there is nothing to serve", hint);
        }
    }

    fn listeners(&mut self, file: &raw::File) {
        let mut seen: Vec<SocketAddr> = vec![file.admin.listen.0.0];
        if serves_console(file) {
            let console = file.console.listen.0.0;
            if console.port() != 0 && seen.contains(&console) {
                self.report(&["console", "listen"], "is used by another listener", "admin.listen is the other one");
            }
            seen.push(console);
        }
        let proxy = file.proxy.as_ref().filter(|proxy| proxy.upstream.is_some());
        let listeners = [
            (["proxy", "listen"], proxy.map(|proxy| &proxy.listen)),
            (["forward_auth", "listen"], file.forward_auth.as_ref().map(|forward_auth| &forward_auth.listen)),
        ];
        for (path, addresses) in listeners.into_iter().filter_map(|(path, listen)| Some((path, &listen?.0))) {
            if addresses.is_empty() {
                self.report(&path, "is empty", "set at least one address and port");
            }
            for address in addresses.iter().map(|address| address.0.0) {
                if address.port() != 0 && seen.contains(&address) {
                    self.report(&path, "is used by another listener", "admin.listen and console.listen count too");
                }
                seen.push(address);
            }
        }
    }

    fn upstream(&mut self, file: &raw::File, proxy: &raw::Proxy) {
        let tls = &proxy.upstream_tls;
        let Some(url) = &proxy.upstream else {
            if file.forward_auth.is_some() && proxy.tls.is_some() {
                let problem = "has no effect without proxy.upstream";
                self.report(&["proxy", "tls"], problem, "leave it out; the listener of forward_auth has no TLS");
            }
            for key in ["forwarded", "header_names"] {
                let is_written = self.root.entry("proxy").is_some_and(|(_, proxy)| proxy.entry(key).is_some());
                if file.forward_auth.is_some() && is_written {
                    let problem = "has no effect without proxy.upstream";
                    self.report(&["proxy", key], problem, "leave it out; the proxy that asks forwards requests");
                }
            }
            // For forward-auth alone, proxy may hold settings of decisions, such as trusted_proxies.
            let listens = self.root.entry("proxy").is_some_and(|(_, proxy)| proxy.entry("listen").is_some());
            if file.forward_auth.is_some() && !listens {
                return;
            }
            let hint = "set the address of the API, for example upstream: http://127.0.0.1:9000, or pass --upstream";
            return self.report(&["proxy", "upstream"], "is missing", hint);
        };
        if proxy.upstream_health.every.duration() < MIN_CHECK_INTERVAL {
            self.report(&["proxy", "upstream_health", "every"], "is shorter than 1s", "");
        }
        let at = ["proxy", "upstream_tls"];
        let set = [tls.ca.is_some(), tls.certificate.is_some(), tls.key.is_some(), tls.server_name.is_some()];
        if !matches!(url.0, UpstreamUrl::Tcp { tls: true, .. }) && set.contains(&true) {
            self.report(&at, "has no effect without https", "write upstream: https://…, or leave this out");
        }
        if tls.certificate.is_some() != tls.key.is_some() {
            self.report(&at, "needs certificate and key together", "");
        }
        if tls.server_name.as_deref().is_some_and(str::is_empty) {
            self.report(&["proxy", "upstream_tls", "server_name"], "must not be empty", "");
        }
    }

    fn accept(&mut self, file: &raw::File) {
        let accept = &file.accept;
        let (mut header, mut query) = (None, None);
        if let Some(key) = &accept.api_key {
            (header, query) = (key.header.as_ref(), key.query.as_ref());
            if header.is_none() && query.is_none() {
                self.report(
                    &["accept", "api_key"],
                    "has neither header nor query",
                    "write api_key: null to switch it off",
                );
            }
        } else {
            let has_others = accept.bare_token
                || accept.basic_token.is_some()
                || accept.websocket_protocol.is_some()
                || !accept.schemes.is_empty();
            if !accept.bearer && !accept.basic && !has_others {
                self.report(&["accept"], "accepts no credential", "switch on bearer, basic or api_key");
            }
        }
        for (index, scheme) in accept.schemes.iter().enumerate() {
            let is_same = |other: &Parsed<AuthScheme>| other.0.0.eq_ignore_ascii_case(&scheme.0.0);
            if accept.schemes[..index].iter().any(is_same) {
                self.report(&["accept", "schemes", &index.to_string()], "is listed twice", "");
            }
        }
        for (index, header) in file.identity.headers.iter().enumerate() {
            if file.identity.headers[..index].contains(header) {
                self.report(&["identity", "headers", &index.to_string()], "is listed twice", "");
            }
        }
        if accept.websocket_protocol.is_some() && file.forward_auth.is_some() && !file.identity.forward_credential {
            let problem = "cannot be removed from requests that another proxy forwards (forward_auth)";
            let hint = "leave it out, or set identity.forward_credential: true";
            self.report(&["accept", "websocket_protocol"], problem, hint);
        }
        if query.is_some() && file.forward_auth.is_some() && !file.identity.forward_credential {
            let problem = "cannot be removed from requests that another proxy forwards (forward_auth)";
            let hint = "leave it out, or set identity.forward_credential: true";
            self.report(&["accept", "api_key", "query"], problem, hint);
        }
        if query.is_some_and(|name| name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic())) {
            self.report(&["accept", "api_key", "query"], "must be the name of a query parameter", "");
        }
        let version = file.versions.read_from.header.as_ref();
        if header.is_some() && header == version {
            self.report(&["accept", "api_key", "header"], "is also versions.read_from.header", "");
        }
        let prefix = file.identity.prefix.0.0.to_ascii_lowercase();
        for (header, path) in
            [(header, ["accept", "api_key", "header"]), (version, ["versions", "read_from", "header"])]
        {
            if header.is_some_and(|header| header.0.0.as_str().starts_with(&prefix)) {
                self.report(
                    &path,
                    "begins with the prefix of the identity headers, which are removed",
                    "see identity.prefix",
                );
            }
        }
    }

    fn versions(&mut self, file: &raw::File) {
        let versions = &file.versions;
        let named = versions.read_from.path.is_some() || versions.read_from.header.is_some();
        if named && versions.known.is_empty() {
            let problem = "is missing, although read_from is set";
            self.report(&["versions", "known"], problem, "list them, oldest first");
        }
        if !named && !versions.known.is_empty() && versions.when_unstated == raw::WhenUnstated::Reject {
            self.report(
                &["versions", "when_unstated"],
                "would refuse every request",
                "set read_from to where requests name their version",
            );
        }
        let mut names = Vec::new();
        for (index, version) in versions.known.iter().enumerate() {
            let index = index.to_string();
            if names.contains(&&version.name.0) {
                self.report(&["versions", "known", &index, "name"], "is used twice", "");
            }
            names.push(&version.name.0);
            let later = |a: &Option<super::Parsed<raw::Day>>, b: &Option<super::Parsed<raw::Day>>| {
                a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.0.value > b.0.value)
            };
            if later(&version.deprecated_on, &version.sunset_on) {
                let problem = "is earlier than deprecated_on (RFC 8594 requires a later date)";
                self.report(&["versions", "known", &index, "sunset_on"], problem, "");
            }
            if later(&version.sunset_on, &version.retired_on) {
                self.report(&["versions", "known", &index, "retired_on"], "is earlier than sunset_on", "");
            }
        }
    }

    fn cors(&mut self, file: &raw::File) {
        let forwards = file.proxy.as_ref().is_some_and(|proxy| proxy.upstream.is_some());
        if file.cors.as_ref().is_some_and(|cors| cors.answers) && !forwards {
            let hint = "leave it out; the proxy that asks for decisions answers for the API";
            self.report(&["cors", "answers"], "has no effect without proxy.upstream", hint);
        }
    }

    fn credentials(&mut self, credentials: &raw::Credentials) {
        if credentials.database.is_some() && credentials.database_file.is_some() {
            self.report(&["credentials", "database_file"], "is set together with database; use one of them", "");
        }
        if credentials.file.is_none() && credentials.database.is_none() && credentials.database_file.is_none() {
            let hint = "set the path of the credentials file, or pass --credentials; or set database";
            self.report(&["credentials", "file"], "is missing", hint);
        }
    }

    fn numbers(&mut self, file: &raw::File) {
        let count = |number: Option<NonZeroUsize>| number.map_or(0, NonZeroUsize::get) as u64;
        let passwords = &file.passwords;
        for (path, number, most) in [
            (["proxy", "threads"], count(file.proxy.as_ref().and_then(|proxy| proxy.threads)), MAX_THREADS),
            (["passwords", "threads"], count(passwords.threads), MAX_THREADS),
            (["passwords", "queue"], count(Some(passwords.queue)), MAX_QUEUED),
            (["passwords", "remembered"], passwords.remembered.unwrap_or_default(), MAX_REMEMBERED),
            (["database", "connections"], file.database.connections.get().into(), MAX_CONNECTIONS),
        ] {
            if number > most {
                self.report(&path, &format!("is more than {most}"), "");
            }
        }
    }

    fn database(&mut self, file: &raw::File) {
        let database = &file.database;
        let is_embedded = file.credentials.database.as_ref().is_some_and(|url| matches!(url.0, DatabaseUrl::Sqlite(_)));
        if database.snapshot.is_some() && is_embedded {
            let problem = "has no effect with SQLite, whose file is always reachable";
            self.report(&["database", "snapshot"], problem, "leave it out");
        }
        if database.cache.megabytes.is_some_and(|megabytes| u64::from(megabytes.get()) > MAX_MEGABYTES) {
            self.report(&["database", "cache", "megabytes"], &format!("is more than {MAX_MEGABYTES}"), "");
        }
        if database.lookups.get() > MAX_LOOKUPS {
            self.report(&["database", "lookups"], &format!("is more than {MAX_LOOKUPS}"), "");
        }
    }

    /// Passwords and secrets pass the console listener.
    fn console(&mut self, file: &raw::File) {
        let console = &file.console;
        let is_loopback = console.listen.0.0.ip().to_canonical().is_loopback();
        if serves_console(file) && !is_loopback && console.tls.is_none() && !console.behind_proxy {
            let problem = "is not a loopback address, and the management API would be served without TLS";
            let hint = "set console.tls; or console.behind_proxy: true, where a proxy in front terminates TLS; or \
                        console.enabled: false";
            self.report(&["console", "listen"], problem, hint);
        }
        let base = console.public_url.as_ref().map_or("", |url| url.0.0.as_str());
        let authority = base.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
        if base.contains(['?', '#']) || authority.contains('@') {
            self.report(&["console", "public_url"], "must have no user, query or fragment", "write https://HOST/PATH");
        }
        let session = &file.console.session;
        if session.most.duration() < session.idle.duration() {
            self.report(&["console", "session", "most"], "is shorter than idle", "");
        }
        for (role, name) in [
            ("staff", &file.console.roles.staff),
            ("owner", &file.console.roles.owner),
            ("implementer", &file.console.roles.implementer),
            ("member", &file.console.roles.member),
        ] {
            if !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
                self.report(&["console", "roles", role], "must be 1 to 60 characters on one line", "");
            }
        }
    }

    fn throttle(&mut self, throttle: &raw::Throttle) {
        let [first, longest, window] = [&throttle.first_delay, &throttle.longest_delay, &throttle.window];
        if longest.duration() < first.duration() {
            self.report(&["throttle", "longest_delay"], "is shorter than first_delay", "");
        }
        if window.duration() <= longest.duration() {
            self.report(&["throttle", "window"], "must be longer than longest_delay", "");
        }
        let day = std::time::Duration::from_secs(24 * 3600);
        if window.duration() > day {
            self.report(&["throttle", "window"], "must be at most a day", "");
        }
    }

    fn limits(&mut self, file: &raw::File) {
        // The upper bound is pingora's.
        if !(1024..=1024 * 1024).contains(&file.limits.header_bytes) {
            self.report(&["limits", "header_bytes"], "must be 1024 to 1048576", "");
        }
        let one = file.limits.header_bytes_per_connection.get();
        if one < file.limits.header_bytes {
            self.report(&["limits", "header_bytes_per_connection"], "must not be less than header_bytes", "");
        }
        if file.limits.header_bytes_total.is_some_and(|total| total.get() < one) {
            self.report(&["limits", "header_bytes_total"], "must not be less than header_bytes_per_connection", "");
        }
    }

    fn log(&mut self, file: &raw::File) {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        // EnvFilter takes a single word for a target; here it is a misspelt level.
        let is_level = |part: &str| part.contains('=') || LEVELS.contains(&part.to_ascii_lowercase().as_str());
        let level = &file.log.level;
        if !level.split(',').all(is_level) || tracing_subscriber::EnvFilter::builder().parse(level).is_err() {
            self.report(&["log", "level"], "is not a level", "error, warn, info or debug");
        }
    }

    fn tracing(&mut self, tracing: &raw::Tracing, is_built_in: bool) {
        let path = ["tracing", "otlp"];
        if let Some(Parsed(WebAddress(collector))) = &tracing.otlp {
            if !is_built_in {
                let hint = "build with the feature otlp, or leave this out";
                self.report(&path, "has no effect: this build has no traces", hint);
            }
            if collector.contains(['@', '?', '#']) {
                self.report(&path, "must have a scheme, a host, a port and a path only", "");
            }
        }
        if !(0.0..=1.0).contains(&tracing.sample) {
            self.report(&["tracing", "sample"], "must be 0 to 1", "");
        }
    }
}

fn serves_console(file: &raw::File) -> bool {
    file.console.enabled && has_database(file)
}

fn has_database(file: &raw::File) -> bool {
    file.credentials.database.is_some() || file.credentials.database_file.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(collector: &str, sample: f64, is_built_in: bool) -> usize {
        let root = crate::config::parse("{}").unwrap();
        let mut checker = Checker::new(&root);
        let tracing = raw::Tracing { otlp: Some(Parsed(collector.parse().unwrap())), sample };
        checker.tracing(&tracing, is_built_in);
        checker.faults.0.len()
    }

    #[test]
    fn a_collector_that_spans_cannot_reach_is_a_fault() {
        assert_eq!(faults("https://collector.example.org:4318/here", 0.5, true), 0);
        assert_eq!(faults("http://127.0.0.1:4318", 1.0, false), 1);
        assert_eq!(faults("http://me:secret@127.0.0.1", 0.0, true), 1);
        assert_eq!(faults("http://127.0.0.1/?secret", f64::NAN, true), 2);
    }
}
