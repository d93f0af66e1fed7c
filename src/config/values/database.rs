//! The address of a database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `sqlite:FILE`, or `postgres://…`. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(PostgresUrl),
}

/// A libpq URL, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

const FORM: &str = "must be sqlite:FILE or postgres://USER@HOST/DATABASE";

impl DatabaseUrl {
    /// Resolves a relative file against `folder`.
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(file) => Self::Sqlite(folder.join(file)),
            Self::Postgres(url) => Self::Postgres(url),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            return match file {
                "" => Err("has no file; write sqlite:claviger.db"),
                ":memory:" => Err("would lose everything at exit; use a file"),
                _ if file.contains('?') => Err("takes no parameters; write sqlite:FILE alone"),
                _ => Ok(Self::Sqlite(file.into())),
            };
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(FORM);
        }
        let url = PostgresUrl(text.to_owned());
        if !url.is_unambiguous() {
            return Err("must have %2F, %3F, %40 and %23 for / ? @ # in its password, and digits for its port");
        }
        if url.database().is_empty() && url.parameter("dbname").is_none() {
            return Err("has no database; write postgres://USER@HOST/DATABASE");
        }
        if !url.has_known_parameters() {
            return Err("has an unknown or duplicate parameter; known are sslmode, sslrootcert, sslcert, \
                        sslkey, host, port, dbname, user, password, application_name, target_session_attrs and options");
        }
        if url.has_several_hosts_in_parameters() {
            return Err("must have several hosts before its database: postgres://USER@HOST1,HOST2/DATABASE");
        }
        if url.parameter("target_session_attrs").is_some_and(|value| !matches!(value, "read-write" | "primary")) {
            return Err("has a target_session_attrs that is neither read-write nor primary");
        }
        url.tls()?;
        Ok(Self::Postgres(url))
    }
}

/// Parameters that are not secret.
const HARMLESS: [&str; 9] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "dbname", "user", "target_session_attrs"];
/// The other known parameters. sqlx logs an unknown one with its value.
const OTHERS: [&str; 3] = ["password", "application_name", "options"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseTls {
    /// `sslmode=disable`, or a Unix socket.
    Off,
    /// Encrypted; the certificate is not verified.
    Required,
    /// The certificate is verified, the host name is not.
    VerifyAuthority,
    /// Certificate and host name are verified.
    VerifyFull,
}

impl PostgresUrl {
    /// With the password; for connecting only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// [`DatabaseTls::VerifyFull`] by default.
    ///
    /// # Errors
    /// A mode that may fall back to a connection without TLS.
    pub fn tls(&self) -> Result<DatabaseTls, &'static str> {
        match self.parameter("sslmode") {
            Some("disable") => Ok(DatabaseTls::Off),
            Some("require") => Ok(DatabaseTls::Required),
            Some("verify-ca") => Ok(DatabaseTls::VerifyAuthority),
            Some("verify-full") => Ok(DatabaseTls::VerifyFull),
            Some(_) => Err("has an sslmode that is none of verify-full, verify-ca, require and disable"),
            None if self.is_local() => Ok(DatabaseTls::Off),
            None => Ok(DatabaseTls::VerifyFull),
        }
    }

    /// True for a Unix socket.
    fn is_local(&self) -> bool {
        let hosts = self.authority().rsplit('@').next().unwrap_or_default();
        let named = self.parameter("host").unwrap_or(hosts);
        named.split(',').all(|host| host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f"))
    }

    /// This URL once for each of its hosts, without `target_session_attrs`: a primary is always demanded.
    pub fn hosts(&self) -> Vec<String> {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", ""));
        let authority = self.authority();
        let rest = &rest[authority.len()..];
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_kept = |pair: &&str| !pair.starts_with("target_session_attrs=") && !pair.is_empty();
        let query = query.split('&').filter(is_kept).collect::<Vec<_>>().join("&");
        let question = if query.is_empty() { "" } else { "?" };
        let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
        let at = if authority.contains('@') { "@" } else { "" };
        hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}{path}{question}{query}")).collect()
    }

    fn has_several_hosts_in_parameters(&self) -> bool {
        ["host", "port"].into_iter().any(|name| self.parameter(name).is_some_and(|value| value.contains(',')))
    }

    fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// False when an unescaped character of the password would make a part of it a host, a path or a parameter, which
    /// are displayed.
    fn is_unambiguous(&self) -> bool {
        let authority = self.authority();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let port = |host: &str| match host.rsplit_once(':') {
            Some((before, port)) if !(before.contains('[') && port.ends_with(']')) => port.to_owned(),
            _ => String::new(),
        };
        let rest = self.0.split_once("://").map_or("", |(_, rest)| &rest[authority.len()..]);
        let mut pairs =
            self.0.split_once('?').map_or("", |(_, query)| query).split('&').filter(|pair| !pair.is_empty());
        host.split(',').all(|host| port(host).bytes().all(|digit| digit.is_ascii_digit()))
            && !self.0.contains('#')
            && !rest.contains('@')
            && pairs.all(|pair| pair.contains('='))
    }

    /// False for unknown and for duplicate parameters.
    fn has_known_parameters(&self) -> bool {
        let query = self.0.split_once('?').map_or("", |(_, query)| query);
        let mut seen = Vec::new();
        query.split('&').filter(|pair| !pair.is_empty()).all(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new && (HARMLESS.contains(&name) || OTHERS.contains(&name))
        })
    }

    /// The files of TLS parameters, by parameter, unless they are percent-encoded.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let named = ["sslrootcert", "sslcert", "sslkey"].into_iter();
        named
            .filter_map(|name| Some((name, self.parameter(name).filter(|file| !file.contains('%'))?)))
            .map(|(name, file)| (name, Path::new(file)))
    }

    fn database(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
        rest.split_once('/').map_or("", |(_, database)| database)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.0.split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Without the password.
    fn redacted(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let authority = match authority.rsplit_once('@') {
            Some((user, host)) => format!("{}@{host}", user.split_once(':').map_or(user, |(user, _)| user)),
            None => authority.to_owned(),
        };
        let is_harmless = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| HARMLESS.contains(&name));
        let harmless = query.split('&').filter(is_harmless);
        let query = harmless.collect::<Vec<_>>().join("&");
        let question = if query.is_empty() { "" } else { "?" };
        format!("{scheme}://{authority}/{path}{question}{query}")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(url) => f.write_str(&url.redacted()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<DatabaseUrl>().map_or_else(str::to_owned, |address| address.to_string())
    }

    #[test]
    fn a_displayed_address_holds_no_password() {
        assert_eq!(shown("sqlite:claviger.db"), "sqlite:claviger.db");
        assert_eq!(
            shown("postgres://gate:s3cr%2Fet@db.example:5432/keys?password=s3cret&sslmode=require"),
            "postgres://gate@db.example:5432/keys?sslmode=require"
        );
        assert_eq!(shown("postgres://gate:s@3:cret@db/keys"), "postgres://gate@db/keys");
        assert_eq!(shown("postgres://gate:s3cret@[::1]/keys"), "postgres://gate@[::1]/keys");
        assert_eq!(shown("postgres://gate:s3cret@[::1]:5432/keys"), "postgres://gate@[::1]:5432/keys");
        assert_eq!(
            shown("postgres:///keys?user=x&password=y&host=/run/postgresql"),
            "postgres:///keys?user=x&host=/run/postgresql"
        );
    }

    #[test]
    fn several_hosts_are_one_url_each() {
        let hosts = |text: &str| match text.parse::<DatabaseUrl>() {
            Ok(DatabaseUrl::Postgres(url)) => url.hosts(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            hosts("postgres://u:p@a:1,[::1]:2,c/d?target_session_attrs=read-write&sslmode=require"),
            [
                "postgres://u:p@a:1/d?sslmode=require",
                "postgres://u:p@[::1]:2/d?sslmode=require",
                "postgres://u:p@c/d?sslmode=require"
            ]
        );
        assert_eq!(hosts("postgres://a/d?target_session_attrs=primary"), ["postgres://a/d"]);
        for refused in ["postgres://a,b/d?target_session_attrs=any", "postgres:///d?host=a,b", "postgres://a:1,b:x/d"] {
            assert!(refused.parse::<DatabaseUrl>().is_err(), "{refused}");
        }
        assert_eq!(shown("postgres://u:s3cret@a:1,b:2/d"), "postgres://u@a:1,b:2/d");
    }

    /// sqlx logs unknown parameters, and libpq has other names for secrets.
    #[test]
    fn an_unknown_parameter_is_refused() {
        for query in ["sslpassword=hunter2", "passwd=hunter2", "ssl-mode=disable", "sslmode=require&sslmode=disable"] {
            let shown = shown(&format!("postgres://u@h/d?{query}"));
            assert!(
                shown.starts_with("has an unknown or duplicate parameter") && !shown.contains("hunter2"),
                "{shown}"
            );
        }
    }

    #[test]
    fn an_address_that_cannot_be_used_is_refused() {
        for text in
            ["", "claviger.db", "mysql://x/y", "sqlite:", "sqlite::memory:", "sqlite:x.db?mode=ro", "postgres://"]
        {
            assert!(text.parse::<DatabaseUrl>().is_err(), "{text}");
        }
        for password in ["s3/cret", "s3?cret", "1/s3cret", "1/x?s3=cret", "1/x?s3cret", "s3#cret"] {
            assert!(format!("postgres://u:{password}@h/d").parse::<DatabaseUrl>().is_err(), "{password}");
        }
        for mode in ["prefer", "allow", "nonsense"] {
            assert!(format!("postgres://u:secret@h/d?sslmode={mode}").parse::<DatabaseUrl>().is_err(), "{mode}");
        }
    }

    #[test]
    fn tls_is_verified_in_full_by_default() {
        let mode = |text: &str| match text.parse::<DatabaseUrl>() {
            Ok(DatabaseUrl::Postgres(url)) => format!("{:?}", url.tls().unwrap()),
            other => panic!("{other:?}"),
        };
        assert_eq!(mode("postgres://u@h/d"), "VerifyFull");
        assert_eq!(mode("postgres://u@h/d?sslmode=verify-ca"), "VerifyAuthority");
        assert_eq!(mode("postgres://u@%2Frun%2Fpostgresql/d"), "Off");
        assert_eq!(mode("postgres:///d?host=/run/postgresql"), "Off");
    }
}
