//! Validated settings.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::delivery::Delivery;
use super::installation_key_files::InstallationKeyFiles;
use super::resource_defaults::ResourceDefaults;
use super::validate::Checker;
use super::values::{DatabaseUrl, UpstreamUrl};
use super::webhooks::Webhooks;
use super::{Diagnostic, Diagnostics, Node, Origin, Provenance, raw, read_text};
use crate::credential::{
    PathException, PublicCredential, PublicRoute, RateLimit, RouteRule, ScopeCatalog, Spellings, TokenFormat, Version,
    VersionCatalog, VersionRule, WhenUnstated,
};

/// What `type` begins with where no page is known: that of the book, below a host that cannot exist (RFC 6761). It is
/// absolute, so that `type` does not depend on the path of the request (RFC 9457, 3.1.1).
pub const ERROR_DOCS: &str = "https://claviger.invalid/reference/error-codes.html#";
/// The path of the console below which every code has a page.
pub const ERROR_PAGES: &str = "/errors";

/// Validated settings. Paths are absolute or relative to the working directory.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: Vec<SocketAddr>,
    /// `None` for a process that serves forward-auth or the control plane only; `listen` is empty then.
    pub upstream: Option<Upstream>,
    pub forward_auth: Option<ForwardAuth>,
    pub tls: Option<raw::Tls>,
    pub trusted_proxies: Box<[IpNet]>,
    pub forwarded: raw::Forwarded,
    pub header_names: raw::HeaderNames,
    pub threads: NonZeroUsize,
    /// What `type` of a problem document begins with; the code follows.
    pub error_docs: String,
    pub timeouts: raw::Timeouts,
    pub admin_listen: SocketAddr,
    pub admin_tls: Option<raw::Tls>,
    pub console_listen: SocketAddr,
    pub console_tls: Option<raw::Tls>,
    /// Proxies in front of the console listener whose X-Forwarded-For is trusted.
    pub console_proxies: Box<[IpNet]>,
    /// `None` when it is off or there is no database.
    pub console: Option<raw::Console>,
    pub delivery: Delivery,
    /// `None` when webhooks are off.
    pub webhooks: Option<Webhooks>,
    pub installation_key: InstallationKeyFiles,
    pub handover_socket: Option<PathBuf>,
    /// The base of links, without a slash at the end.
    pub public_url: Option<String>,
    pub credentials_file: Option<PathBuf>,
    pub database: Option<Database>,
    pub accept: raw::Accept,
    pub identity: raw::Identity,
    pub versions: VersionCatalog,
    pub scopes: ScopeCatalog,
    pub public: Box<[PublicRoute]>,
    pub upgrades: Box<[RouteRule]>,
    pub path_exceptions: Box<[PathException]>,
    pub cors: Option<raw::Cors>,
    pub token_format: TokenFormat,
    pub passwords: raw::Passwords,
    pub hash_threads: NonZeroUsize,
    pub limits: raw::Limits,
    pub max_connections: NonZeroU32,
    pub max_connections_per_address: NonZeroU32,
    /// For credentials without a limit of their own.
    pub rate_limit: Option<RateLimit>,
    pub throttle: raw::Throttle,
    pub log: raw::Log,
    pub tracing: Option<Tracing>,
    pub provenance: Provenance,
}

#[derive(Debug, Clone)]
pub struct ForwardAuth {
    pub listen: Vec<SocketAddr>,
    pub trusted_proxies: Box<[IpNet]>,
}

#[derive(Debug, Clone)]
pub struct Database {
    pub url: DatabaseUrl,
    pub options: raw::Database,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tracing {
    /// URL without /v1/traces.
    pub collector: String,
    /// The share of requests that are traced, from 0 to 1; those that a trusted proxy marks as sampled always are.
    pub sample: f64,
}

#[derive(Debug, Clone)]
pub struct Upstream {
    pub url: UpstreamUrl,
    pub protocol: raw::UpstreamProtocol,
    pub tls: raw::UpstreamTls,
    pub health: raw::UpstreamHealth,
}

impl Settings {
    /// Relative paths start from `directory`; `root` has the positions.
    ///
    /// # Errors
    /// All settings that conflict with each other.
    pub fn new(file: &raw::File, root: &Node, directory: &Path) -> Result<Self, Diagnostics> {
        let mut faults = Checker::new(root).check(file);
        let at = |path: &PathBuf| directory.join(path);
        let defaults = ResourceDefaults::of_this_machine();
        let max_connections = file.limits.connections.unwrap_or(defaults.connections);
        let listener_tls =
            |tls: &raw::ListenerTls| raw::Tls { certificate: at(&tls.certificate), key: at(&tls.key), client_ca: None };
        let proxy = file.proxy.clone().unwrap_or_default();
        let public_url = file.console.public_url.as_ref().map(|url| url.0.0.trim_end_matches('/').to_owned());
        let database = match database(file, directory, defaults) {
            Ok(database) => database,
            Err(fault) => {
                let at = ["credentials", "database_file"];
                faults.push(Diagnostic { origin: root.origin_of(&at), path: at.join("."), ..fault });
                None
            }
        };
        let delivery = Delivery::new(file, root, directory, &mut faults);
        faults.into_result(|| Self {
            provenance: Provenance::of(root),
            listen: proxy.upstream.iter().flat_map(|_| &proxy.listen.0).map(|address| address.0.0).collect(),
            forward_auth: file.forward_auth.as_ref().map(|written| ForwardAuth {
                listen: written.listen.0.iter().map(|address| address.0.0).collect(),
                trusted_proxies: written.trusted_proxies.iter().map(|range| range.0.0).collect(),
            }),
            upstream: proxy.upstream.as_ref().map(|url| Upstream {
                url: url.0.clone(),
                protocol: proxy.upstream_protocol,
                tls: raw::UpstreamTls {
                    server_name: proxy.upstream_tls.server_name.clone(),
                    ca: proxy.upstream_tls.ca.as_ref().map(at),
                    certificate: proxy.upstream_tls.certificate.as_ref().map(at),
                    key: proxy.upstream_tls.key.as_ref().map(at),
                },
                health: proxy.upstream_health.clone(),
            }),
            tls: proxy.tls.as_ref().map(|tls| raw::Tls {
                certificate: at(&tls.certificate),
                key: at(&tls.key),
                client_ca: tls.client_ca.as_ref().map(at),
            }),
            trusted_proxies: proxy.trusted_proxies.iter().map(|range| range.0.0).collect(),
            forwarded: proxy.forwarded.clone(),
            header_names: proxy.header_names,
            threads: proxy.threads.unwrap_or(defaults.threads),
            error_docs: error_docs(&proxy, public_url.as_deref()),
            timeouts: proxy.timeouts.clone(),
            admin_listen: file.admin.listen.0.0,
            admin_tls: file.admin.tls.as_ref().map(listener_tls),
            console_listen: file.console.listen.0.0,
            console_tls: file.console.tls.as_ref().map(listener_tls),
            console_proxies: if file.console.behind_proxy {
                file.console.trusted_proxies.iter().map(|range| range.0.0).collect()
            } else {
                Box::default()
            },
            console: (file.console.enabled && database.is_some()).then(|| raw::Console {
                texts: file.console.texts.as_ref().map(at),
                brand: raw::Brand { logo: file.console.brand.logo.as_ref().map(at), ..file.console.brand.clone() },
                ..file.console.clone()
            }),
            delivery,
            webhooks: file.webhooks.as_ref().map(|written| Webhooks::new(written, directory)),
            installation_key: InstallationKeyFiles::new(file, directory),
            handover_socket: file.handover.socket.as_ref().map(at),
            public_url,
            credentials_file: file.credentials.file.as_ref().map(at),
            database,
            accept: file.accept.clone(),
            identity: file.identity.clone(),
            versions: catalog(&file.versions),
            scopes: ScopeCatalog::new(
                file.scopes.iter().map(|(name, rules)| (name.0.clone(), routes(rules))).collect(),
            ),
            public: public(&file.public),
            upgrades: routes(&proxy.upgrades),
            cors: file.cors.clone(),
            path_exceptions: file.paths.iter().map(exception).collect(),
            token_format: file.tokens.prefix.0.value.clone(),
            passwords: raw::Passwords {
                remembered: file.passwords.remembered.or(Some(defaults.remembered)),
                ..file.passwords.clone()
            },
            hash_threads: file.passwords.threads.unwrap_or(defaults.hash_threads),
            max_connections,
            max_connections_per_address: file
                .limits
                .connections_per_address
                .unwrap_or_else(|| ResourceDefaults::connections_per_address(max_connections)),
            limits: raw::Limits {
                streams: file.limits.streams.or(Some(defaults.streams)),
                header_bytes_total: file
                    .limits
                    .header_bytes_total
                    .or(Some(defaults.head_bytes.max(file.limits.header_bytes_per_connection))),
                ..file.limits.clone()
            },
            rate_limit: file.rate_limit.as_ref().map(raw::RateLimit::limit),
            throttle: file.throttle.clone(),
            log: raw::Log { file: file.log.file.as_ref().map(at), ..file.log.clone() },
            tracing: file
                .tracing
                .otlp
                .as_ref()
                .map(|collector| Tracing { collector: collector.0.0.clone(), sample: file.tracing.sample }),
        })
    }
}

/// The page that the operator names, else that of the console, else the placeholder.
fn error_docs(proxy: &raw::Proxy, console: Option<&str>) -> String {
    match (&proxy.error_docs, console) {
        (Some(page), _) => format!("{}#", page.0.0),
        (None, Some(console)) => format!("{console}{ERROR_PAGES}/"),
        (None, None) => ERROR_DOCS.to_owned(),
    }
}

impl Settings {
    fn database_url(&self) -> Option<&DatabaseUrl> {
        self.database.as_ref().map(|database| &database.url)
    }

    fn forward_auth_listen(&self) -> &[SocketAddr] {
        self.forward_auth.as_ref().map_or(&[], |forward_auth| &forward_auth.listen)
    }

    /// Whether something is derived from the installation key.
    pub fn needs_installation_key(&self) -> bool {
        self.delivery.is_on() || self.webhooks.is_some()
    }

    /// True for a gate: a process that decides about requests, as a proxy or for forward-auth.
    pub fn decides(&self) -> bool {
        self.upstream.is_some() || self.forward_auth.is_some()
    }

    /// The listeners of the data plane: those of the proxy, then those of forward-auth.
    pub fn listeners(&self) -> impl Iterator<Item = SocketAddr> {
        self.listen.iter().chain(self.forward_auth_listen()).copied()
    }

    /// The files that the looks of the console come from: the logo, and texts of the configured languages, in the order
    /// of their names.
    pub fn console_files(&self) -> Vec<PathBuf> {
        let Some(console) = &self.console else { return Vec::new() };
        let folders = console.languages.iter().filter_map(|language| Some(console.texts.as_ref()?.join(&language.0.0)));
        let texts = folders.flat_map(|folder| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
            files.retain(|file| file.extension().is_some_and(|extension| extension == "ftl"));
            files.sort();
            files
        });
        console.brand.logo.iter().cloned().chain(texts).collect()
    }

    /// The keys that differ and that take effect only at a start.
    pub fn restart_needed(&self, next: &Self) -> Vec<&'static str> {
        let keys = [
            ("proxy (present or not)", self.upstream.is_some() != next.upstream.is_some()),
            ("proxy.listen", self.listen != next.listen),
            ("forward_auth.listen", self.forward_auth_listen() != next.forward_auth_listen()),
            ("proxy.tls (on or off)", self.tls.is_some() != next.tls.is_some()),
            ("proxy.threads", self.threads != next.threads),
            ("proxy.timeouts.request_head", self.timeouts.request_head != next.timeouts.request_head),
            ("proxy.timeouts.keep_alive", self.timeouts.keep_alive != next.timeouts.keep_alive),
            ("proxy.timeouts.lame_duck", self.timeouts.lame_duck != next.timeouts.lame_duck),
            ("proxy.timeouts.shutdown", self.timeouts.shutdown != next.timeouts.shutdown),
            ("admin.listen", self.admin_listen != next.admin_listen),
            ("admin.tls (on or off)", self.admin_tls.is_some() != next.admin_tls.is_some()),
            ("console.listen", self.console_listen != next.console_listen),
            ("console.tls (on or off)", self.console_tls.is_some() != next.console_tls.is_some()),
            ("console.enabled", self.console.is_some() != next.console.is_some()),
            ("credentials.database", self.database_url() != next.database_url()),
            ("database", format!("{:?}", self.database) != format!("{:?}", next.database)),
            ("delivery.reveal.listen", self.delivery.reveal_listen != next.delivery.reveal_listen),
            ("installation_key_file", self.installation_key != next.installation_key),
            ("handover.socket", self.handover_socket != next.handover_socket),
            ("passwords.threads", self.hash_threads != next.hash_threads),
            ("passwords.queue", self.passwords.queue != next.passwords.queue),
            ("passwords.remembered", self.passwords.remembered != next.passwords.remembered),
            ("log.file", self.log.file != next.log.file),
            ("log.access", self.log.access != next.log.access),
            ("log.format", self.log.format != next.log.format),
            ("tracing", self.tracing != next.tracing),
        ];
        keys.iter().filter(|(_, changed)| *changed).map(|(key, _)| *key).collect()
    }
}

fn database(file: &raw::File, directory: &Path, defaults: ResourceDefaults) -> Result<Option<Database>, Diagnostic> {
    let url = match (&file.credentials.database, &file.credentials.database_file) {
        (Some(url), _) => url.0.clone(),
        (None, None) => return Ok(None),
        (None, Some(path)) => {
            let text = read_text(&directory.join(path))?;
            let fault =
                |problem| Diagnostic::new(Origin::WHOLE_FILE, "", format!("names a file whose content {problem}"));
            text.trim().parse().map_err(fault)?
        }
    };
    let mut options = file.database.clone();
    options.snapshot = options.snapshot.map(|path| directory.join(path));
    options.cache.megabytes = options.cache.megabytes.or(Some(defaults.cache_megabytes));
    Ok(Some(Database { url: url.within(directory), options }))
}

fn routes(written: &[raw::Route]) -> Box<[RouteRule]> {
    let route = |route: &raw::Route| RouteRule {
        methods: route.methods.iter().map(|method| method.0.0.clone()).collect(),
        path: route.path.0.value.clone(),
    };
    written.iter().map(route).collect()
}

fn public(written: &[raw::PublicRoute]) -> Box<[PublicRoute]> {
    let route = |route: &raw::PublicRoute| PublicRoute {
        rule: RouteRule {
            methods: route.methods.iter().map(|method| method.0.0.clone()).collect(),
            path: route.path.0.value.clone(),
        },
        credential: match route.credential {
            raw::PublicCredential::Ignored => PublicCredential::Ignored,
            raw::PublicCredential::Optional => PublicCredential::Optional,
        },
    };
    written.iter().map(route).collect()
}

fn exception(written: &raw::PathException) -> PathException {
    let allows = |spelling| written.allow.contains(&spelling);
    PathException {
        path: written.path.0.value.clone(),
        allow: Spellings {
            encoded_slash: allows(raw::Spelling::EncodedSlash),
            empty_segment: allows(raw::Spelling::EmptySegment),
            encoded_percent: allows(raw::Spelling::EncodedPercent),
            encoded_unreserved: allows(raw::Spelling::EncodedUnreserved),
        },
    }
}

fn catalog(written: &raw::Versions) -> VersionCatalog {
    let day = |day: &Option<super::Parsed<raw::Day>>| day.as_ref().map(|day| day.0.value);
    VersionCatalog {
        path: written.read_from.path.as_ref().map(|template| template.0.value.clone()),
        header: written.read_from.header.as_ref().map(|header| header.0.0.clone()),
        rule: match written.rule {
            raw::VersionRule::Exact => VersionRule::Exact,
            raw::VersionRule::UpTo => VersionRule::UpTo,
        },
        when_unstated: match written.when_unstated {
            raw::WhenUnstated::UsePin => WhenUnstated::UsePin,
            raw::WhenUnstated::Reject => WhenUnstated::Reject,
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
