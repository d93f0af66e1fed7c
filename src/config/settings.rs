//! Settings that are known to make sense.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::values::UpstreamUrl;
use super::{Fault, Faults, Node, written};
use crate::credential::{
    RateLimit, RouteRule, ScopeCatalog, TokenFormat, Version, VersionCatalog, VersionRule, WhenUnstated,
};

/// Everything the file, the environment and the flags say, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where requests arrive.
    pub listen: Vec<SocketAddr>,
    /// Where they go.
    pub upstream: Upstream,
    /// TLS at the listeners; paths are absolute or start from the working directory.
    pub tls: Option<written::Tls>,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Box<[IpNet]>,
    /// Worker threads of the gate.
    pub threads: NonZeroUsize,
    /// Where the codes of refusals are explained to callers.
    pub error_docs: Option<String>,
    /// How long things may take.
    pub timeouts: written::Timeouts,
    /// Where operators look.
    pub admin_listen: SocketAddr,
    /// What links begin with, without a slash at the end.
    pub public_url: Option<String>,
    /// The credentials file.
    pub credentials_file: PathBuf,
    /// Which credentials may be presented.
    pub accept: written::Accept,
    /// What the API behind is told.
    pub identity: written::Identity,
    /// The versions of the API.
    pub versions: VersionCatalog,
    /// What scopes open.
    pub scopes: ScopeCatalog,
    /// What needs no credential.
    pub public: Box<[RouteRule]>,
    /// Our own tokens.
    pub token_format: TokenFormat,
    /// Slow hashing.
    pub passwords: written::Passwords,
    /// Threads that hash.
    pub hash_threads: NonZeroUsize,
    /// How often a credential without a limit of its own may be used.
    pub rate_limit: Option<RateLimit>,
    /// How much guessing is tolerated.
    pub throttle: written::Throttle,
    /// What is written where.
    pub log: written::Log,
}

/// The API behind.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where it is.
    pub url: UpstreamUrl,
    /// How it is spoken to.
    pub protocol: written::UpstreamProtocol,
    /// How it is verified; paths as for [`Settings::tls`].
    pub tls: written::UpstreamTls,
}

impl Settings {
    /// From what was written in `directory`; `root` tells where.
    ///
    /// # Errors
    /// Everything that does not fit together.
    pub fn new(file: &written::File, root: &Node, directory: &Path) -> Result<Self, Faults> {
        let mut check = Checker { root, faults: Faults::default() };
        check.listeners(file);
        check.upstream(file);
        check.accept(file);
        check.versions(file);
        check.throttle(&file.throttle);
        check.log(file);
        if file.credentials.file.is_none() {
            let hint = "name the credentials file, or give --credentials";
            check.report(&["credentials", "file"], "is missing", hint);
        }
        let at = |path: &PathBuf| directory.join(path);
        let url = file.proxy.upstream.as_ref().map(|url| url.0.clone());
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let proxy = &file.proxy;
        let (Some(url), Some(credentials_file)) = (url, file.credentials.file.as_ref().map(at)) else {
            return Err(check.faults);
        };
        check.faults.into_result(|| Self {
            listen: proxy.listen.0.iter().map(|address| address.0.0).collect(),
            upstream: Upstream {
                url,
                protocol: proxy.upstream_protocol,
                tls: written::UpstreamTls {
                    server_name: proxy.upstream_tls.server_name.clone(),
                    ca: proxy.upstream_tls.ca.as_ref().map(at),
                    certificate: proxy.upstream_tls.certificate.as_ref().map(at),
                    key: proxy.upstream_tls.key.as_ref().map(at),
                },
            },
            tls: proxy.tls.as_ref().map(|tls| written::Tls {
                certificate: at(&tls.certificate),
                key: at(&tls.key),
                client_ca: tls.client_ca.as_ref().map(at),
            }),
            trusted_proxies: proxy.trusted_proxies.iter().map(|range| range.0.0).collect(),
            threads: proxy.threads.unwrap_or(cores),
            error_docs: proxy.error_docs.as_ref().map(|url| url.0.0.clone()),
            timeouts: proxy.timeouts.clone(),
            admin_listen: file.admin.listen.0.0,
            public_url: file.admin.public_url.as_ref().map(|url| url.0.0.trim_end_matches('/').to_owned()),
            credentials_file,
            accept: file.accept.clone(),
            identity: file.identity.clone(),
            versions: catalog(&file.versions),
            scopes: ScopeCatalog::new(
                file.scopes.iter().map(|(name, rules)| (name.0.clone(), routes(rules))).collect(),
            ),
            public: routes(&file.public),
            token_format: file.tokens.prefix.0.value.clone(),
            passwords: file.passwords.clone(),
            hash_threads: file.passwords.threads.unwrap_or(cores),
            rate_limit: file.rate_limit.as_ref().map(written::RateLimit::limit),
            throttle: file.throttle.clone(),
            log: file.log.clone(),
        })
    }
}

impl Settings {
    /// The keys in which two settings differ and which take effect only at a start.
    pub fn restart_needed(&self, next: &Self) -> Vec<&'static str> {
        let keys = [
            ("proxy.listen", self.listen != next.listen),
            ("proxy.tls (on or off)", self.tls.is_some() != next.tls.is_some()),
            ("proxy.threads", self.threads != next.threads),
            ("proxy.timeouts.request_head", self.timeouts.request_head != next.timeouts.request_head),
            ("proxy.timeouts.keep_alive", self.timeouts.keep_alive != next.timeouts.keep_alive),
            ("proxy.timeouts.lame_duck", self.timeouts.lame_duck != next.timeouts.lame_duck),
            ("proxy.timeouts.shutdown", self.timeouts.shutdown != next.timeouts.shutdown),
            ("admin.listen", self.admin_listen != next.admin_listen),
            ("passwords.threads", self.hash_threads != next.hash_threads),
            ("passwords.queue", self.passwords.queue != next.passwords.queue),
            ("passwords.remembered", self.passwords.remembered != next.passwords.remembered),
            ("log.access", self.log.access != next.log.access),
            ("log.format", self.log.format != next.log.format),
            ("log.level", self.log.level != next.log.level),
        ];
        keys.iter().filter(|(_, changed)| *changed).map(|(key, _)| *key).collect()
    }
}

fn routes(written: &[written::Route]) -> Box<[RouteRule]> {
    let route = |route: &written::Route| RouteRule {
        methods: route.methods.iter().map(|method| method.0.0.clone()).collect(),
        path: route.path.0.value.clone(),
    };
    written.iter().map(route).collect()
}

fn catalog(written: &written::Versions) -> VersionCatalog {
    let day = |day: &Option<super::Parsed<written::Day>>| day.as_ref().map(|day| day.0.value);
    VersionCatalog {
        path: written.read_from.path.as_ref().map(|template| template.0.value.clone()),
        header: written.read_from.header.as_ref().map(|header| header.0.0.clone()),
        rule: match written.rule {
            written::VersionRule::Exact => VersionRule::Exact,
            written::VersionRule::UpTo => VersionRule::UpTo,
        },
        when_unstated: match written.when_unstated {
            written::WhenUnstated::UsePin => WhenUnstated::UsePin,
            written::WhenUnstated::Reject => WhenUnstated::Reject,
        },
        known: written
            .known
            .iter()
            .map(|version| Version {
                name: version.name.0.clone(),
                deprecated_on: day(&version.deprecated_on),
                sunset_on: day(&version.sunset_on),
                retired_on: day(&version.retired_on),
                link: version.link.as_ref().map(|link| link.0.0.as_str().into()),
            })
            .collect(),
    }
}

/// What no single value can tell.
struct Checker<'r> {
    root: &'r Node,
    faults: Faults,
}

impl Checker<'_> {
    fn report(&mut self, path: &[&str], problem: &str, hint: &str) {
        let origin = self.root.origin_of(path);
        let fault = Fault::new(origin, path.join("."), problem);
        self.faults.push(if hint.is_empty() { fault } else { fault.hint(hint) });
    }

    fn listeners(&mut self, file: &written::File) {
        let mut seen: Vec<SocketAddr> = vec![file.admin.listen.0.0];
        if file.proxy.listen.0.is_empty() {
            self.report(&["proxy", "listen"], "is empty", "name at least one address and port");
        }
        for address in file.proxy.listen.0.iter().map(|address| address.0.0) {
            if address.port() != 0 && seen.contains(&address) {
                self.report(&["proxy", "listen"], "names an address that is taken already", "admin.listen counts too");
            }
            seen.push(address);
        }
    }

    fn upstream(&mut self, file: &written::File) {
        let tls = &file.proxy.upstream_tls;
        let Some(url) = &file.proxy.upstream else {
            let hint = "say where the API is, for example upstream: http://127.0.0.1:9000, or give --upstream";
            return self.report(&["proxy", "upstream"], "is missing", hint);
        };
        let at = ["proxy", "upstream_tls"];
        let set = [tls.ca.is_some(), tls.certificate.is_some(), tls.key.is_some(), tls.server_name.is_some()];
        if !matches!(url.0, UpstreamUrl::Tcp { tls: true, .. }) && set.contains(&true) {
            self.report(&at, "has no meaning without https", "write upstream: https://…, or leave this out");
        }
        if tls.certificate.is_some() != tls.key.is_some() {
            self.report(&at, "needs certificate and key together", "");
        }
        if tls.server_name.as_deref().is_some_and(str::is_empty) {
            self.report(&["proxy", "upstream_tls", "server_name"], "must not be empty", "");
        }
    }

    fn accept(&mut self, file: &written::File) {
        let accept = &file.accept;
        let (mut header, mut query) = (None, None);
        if let Some(key) = &accept.api_key {
            (header, query) = (key.header.as_ref(), key.query.as_ref());
            if header.is_none() && query.is_none() {
                self.report(
                    &["accept", "api_key"],
                    "names neither header nor query",
                    "write api_key: null to switch it off",
                );
            }
        } else if !accept.bearer && !accept.basic {
            self.report(&["accept"], "accepts nothing", "switch on bearer, basic or api_key");
        }
        if query.is_some_and(|name| name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic())) {
            self.report(&["accept", "api_key", "query"], "must be the name of a query parameter", "");
        }
        let version = file.versions.read_from.header.as_ref();
        if header.is_some() && header == version {
            self.report(&["accept", "api_key", "header"], "is the version's header too", "");
        }
        let prefix = file.identity.prefix.0.0.to_ascii_lowercase();
        for (header, path) in
            [(header, ["accept", "api_key", "header"]), (version, ["versions", "read_from", "header"])]
        {
            if header.is_some_and(|header| header.0.0.as_str().starts_with(&prefix)) {
                self.report(&path, "begins like the identity headers, which are removed", "see identity.prefix");
            }
        }
    }

    fn versions(&mut self, file: &written::File) {
        let versions = &file.versions;
        let named = versions.read_from.path.is_some() || versions.read_from.header.is_some();
        if named && versions.known.is_empty() {
            let problem = "is missing, though read_from says where requests name a version";
            self.report(&["versions", "known"], problem, "list them, oldest first");
        }
        if !named && !versions.known.is_empty() && versions.when_unstated == written::WhenUnstated::Reject {
            self.report(
                &["versions", "when_unstated"],
                "would refuse every request",
                "say in read_from where versions are named",
            );
        }
        let mut names = Vec::new();
        for (index, version) in versions.known.iter().enumerate() {
            let index = index.to_string();
            if names.contains(&&version.name.0) {
                self.report(&["versions", "known", &index, "name"], "stands here twice", "");
            }
            names.push(&version.name.0);
            let later = |a: &Option<super::Parsed<written::Day>>, b: &Option<super::Parsed<written::Day>>| {
                a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.0.value > b.0.value)
            };
            if later(&version.deprecated_on, &version.sunset_on) {
                let problem = "is earlier than deprecated_on (RFC 8594 wants it later)";
                self.report(&["versions", "known", &index, "sunset_on"], problem, "");
            }
            if later(&version.sunset_on, &version.retired_on) {
                self.report(&["versions", "known", &index, "retired_on"], "is earlier than sunset_on", "");
            }
        }
    }

    fn throttle(&mut self, throttle: &written::Throttle) {
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

    fn log(&mut self, file: &written::File) {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        // A word alone could be a target, but is a misspelt level.
        let is_level = |part: &str| part.contains('=') || LEVELS.contains(&part.to_ascii_lowercase().as_str());
        let level = &file.log.level;
        if !level.split(',').all(is_level) || tracing_subscriber::EnvFilter::builder().parse(level).is_err() {
            self.report(&["log", "level"], "is not a level", "error, warn, info or debug");
        }
    }
}
