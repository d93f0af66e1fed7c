//! Properties that hold for any input, of the fuzzer or of the seeds in `corpus`, which `make test` replays. Each check
//! covers one parser. It panics if the input is read wrongly, and returns whether the input was accepted.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger::auth::{
    Accept, BasicPart, NamedVersion, PathRules, Presented, Rejection, RequestedVersion, StrippedProtocols,
    StrippedQuery, Target,
};
use claviger::config::{self, Diagnostics, Settings, raw};
use claviger::credential::{
    Credential, HashMemory, PasswordHash, PathException, PathTemplate, RoutePath, RouteRule, ScopeCatalog, Spellings,
    StoredSecret, TokenDigest, TokenFormat, Version, VersionCatalog, normalized_chars,
};
use claviger::formats::{self, Catalogs, Import, ImportFormat, Unusable, Users};
use claviger::proxy::{ReportedRequest, WireReader};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// Returns whether the input was accepted.
pub type Check = fn(&[u8]) -> bool;

/// By the name of fuzz target and corpus.
pub const CHECKS: [(&str, Check); 10] = [
    ("config", config),
    ("credentials", credentials),
    ("forward_auth", forward_auth),
    ("lists", lists),
    ("password", password),
    ("path", path),
    ("presented", presented),
    ("target", target),
    ("token", token),
    ("wire", wire),
];

/// A secret in seeds; no diagnostic may repeat it.
const PLANTED: &str = "hunter2";

/// The query, then a line `name: value` for each header.
pub fn presented(input: &[u8]) -> bool {
    let mut lines = input.split(|byte| *byte == b'\n');
    let query = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let fields: Vec<_> = lines.filter_map(field).collect();
    let accept = Accept {
        bearer: true,
        basic: true,
        api_key_header: Some(HeaderName::from_static("x-api-key")),
        api_key_query: Some("api_key".into()),
        ..Accept::default()
    };
    let (forwards, backwards) = (headers(fields.iter()), headers(fields.iter().rev()));
    every_way(&accept, &forwards, query);
    let outcome = Presented::read(&accept, &forwards, query);
    let code =
        |outcome: &Result<Option<Presented>, Rejection>| outcome.as_ref().err().map(|rejection| rejection.code());
    assert_eq!(
        code(&outcome),
        code(&Presented::read(&accept, &backwards, query)),
        "the order of headers changes the result"
    );
    if let Some(stripped) = query.and_then(|query| StrippedQuery::of(query, "api_key")) {
        assert_eq!(StrippedQuery::of(&stripped.rest, "api_key"), None, "the query still contains a key");
    }
    match outcome {
        Ok(Some(Presented::Token { token, .. })) => {
            assert!((1..=4096).contains(&token.len()) && token.iter().all(u8::is_ascii_graphic));
        }
        Ok(Some(Presented::Password(pair))) => {
            let (username, password) = (pair.username(), pair.password());
            assert!(!username.is_empty() && !username.contains(':') && !username.contains(char::is_control));
            assert!(!password.is_empty());
            let read = [username.as_bytes(), b":", password].concat();
            let value = forwards[http::header::AUTHORIZATION].as_bytes().trim_ascii_end();
            let encoded = value.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
            let presented: String = normalized_chars(&STANDARD.decode(encoded).unwrap_or_default()).collect();
            assert_eq!(presented.as_bytes(), read, "the pair is not what was presented");
        }
        Ok(None) => assert!(!forwards.contains_key("x-api-key"), "an API key was missed"),
        Err(rejection) => {
            assert_eq!(rejection.code(), "credential_malformed");
            return false;
        }
    }
    true
}

/// The ways that are off by default.
fn every_way(accept: &Accept, headers: &HeaderMap, query: Option<&str>) {
    for basic_token in [BasicPart::Username, BasicPart::Password] {
        let accept = Accept {
            schemes: ["Token".into()].into(),
            bare_token: true,
            basic_token: Some(basic_token),
            websocket_protocol: Some("bearer".into()),
            ..accept.clone()
        };
        if let Ok(Some(Presented::Token { token, .. })) = Presented::read(&accept, headers, query) {
            assert!((1..=4096).contains(&token.len()) && token.iter().all(u8::is_ascii_graphic));
        }
    }
    if let Some(StrippedProtocols { rest: Some(rest) }) = StrippedProtocols::of(headers, "bearer") {
        let left = HeaderMap::from_iter([(http::header::SEC_WEBSOCKET_PROTOCOL, rest)]);
        assert_eq!(StrippedProtocols::of(&left, "bearer"), None, "a token is left in the protocols");
    }
}

fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii_start());
    Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
}

fn headers<'f>(fields: impl Iterator<Item = &'f (HeaderName, HeaderValue)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    fields.for_each(|(name, value)| {
        headers.append(name.clone(), value.clone());
    });
    headers
}

/// A presented token; the same bytes as a digest and as a token prefix.
pub fn token(input: &[u8]) -> bool {
    /// Also in seeds and documentation.
    const MINTED: &[u8] = b"clv_ujGTpwCmfUMu90FAif0PVJ74BnZ3sNJx5";
    let format = TokenFormat::default();
    assert!(!format.is_junk(MINTED));
    if let [place, letter, ..] = *input {
        let mut changed = MINTED.to_vec();
        let place = format.prefix().len() + usize::from(place) % (MINTED.len() - format.prefix().len());
        changed[place] = letter;
        assert_eq!(format.is_junk(&changed), changed != MINTED, "a changed character was not detected");
    }
    let is_ours = input.starts_with(format.prefix().as_bytes());
    if format.is_junk(input) {
        assert!(is_ours, "a token without our prefix is not junk");
    } else {
        assert!(!is_ours || input.len() == MINTED.len());
    }
    let Ok(text) = std::str::from_utf8(input) else { return false };
    if let Ok(format) = text.parse::<TokenFormat>() {
        assert_eq!(format.prefix(), text);
        assert!(format.is_junk(input));
    }
    let Ok(digest) = text.parse::<TokenDigest>() else { return is_ours && !format.is_junk(input) };
    assert!(digest.to_string().eq_ignore_ascii_case(text));
    true
}

/// A request target, then one value of the version header per line.
pub fn target(input: &[u8]) -> bool {
    let mut lines = input.split(|byte| *byte == b'\n');
    let raw = lines.next().unwrap_or_default();
    let strict = PathRules { refuse_parameters: true, ..PathRules::PLAIN };
    let Ok(target) = Target::parse(raw, strict) else { return false };
    assert_eq!(Target::parse(raw, PathRules::PLAIN), Ok(target), "accepted only by the strict mode");
    let whole = [target.path.as_bytes(), target.query.map_or(&[][..], |_| b"?"), target.query.unwrap_or("").as_bytes()];
    assert_eq!(whole.concat(), raw, "the parsed target differs from the forwarded one");
    let decoded = percent_decoded(target.path.as_bytes());
    assert_eq!(decoded, percent_decoded(&decoded), "a second decoding changes the path");
    assert!(decoded.starts_with(b"/") && !decoded.windows(2).any(|pair| pair == b"//"));
    assert!(!decoded.iter().any(|byte| matches!(byte, 0..=0x1f | 0x7f | b'\\' | b';')));
    assert!(!decoded.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b"..")));

    if let Ok(path) = target.path.parse::<RoutePath>() {
        let rule = RouteRule { methods: Box::default(), path };
        assert!(rule.covers(&Method::GET, target.path), "a rule does not cover its own path");
    }
    let Some(versions) = catalog("/v{version}/") else { return false };
    let mut headers = HeaderMap::new();
    for value in lines.filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append("x-api-version", value);
    }
    let Ok(stated) = RequestedVersion::read(&versions, target, &headers) else { return false };
    assert!(stated.path.starts_with('/') && (target.path.ends_with(stated.path) || stated.path == "/"));
    if let NamedVersion::Known(rank) = stated.version {
        let name = versions.known[rank].name.as_str();
        let in_path = target.path.strip_prefix("/v").and_then(|rest| rest.strip_prefix(name));
        let in_path = in_path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let in_header =
            headers.get("x-api-version").is_some_and(|value| value.as_bytes().trim_ascii() == name.as_bytes());
        assert!(in_path || in_header, "version {name} is not in the request");
    }
    true
}

/// A target below a path with exceptions, then the spellings that are admitted there, a letter each.
pub fn path(input: &[u8]) -> bool {
    const PREFIX: &str = "/api/queues";
    let mut lines = input.split(|byte| *byte == b'\n');
    let raw = lines.next().unwrap_or_default();
    let letters = lines.next().unwrap_or_default();
    let allow = Spellings {
        encoded_slash: letters.contains(&b's'),
        empty_segment: letters.contains(&b'e'),
        encoded_percent: letters.contains(&b'p'),
        encoded_unreserved: letters.contains(&b'u'),
    };
    let (Ok(path), Some(versions)) = (PREFIX.parse(), catalog("/v{version}/")) else { return false };
    let exceptions = [PathException { path, allow }];
    let rules = PathRules { refuse_parameters: true, version: versions.path.as_ref(), exceptions: &exceptions };
    let strict = PathRules { exceptions: &[], ..rules };
    let outcome = Target::parse(raw, rules);
    if let Ok(plain) = Target::parse(raw, strict) {
        assert_eq!(outcome, Ok(plain), "an exception refuses what is admitted elsewhere");
        return true;
    }
    let Ok(target) = outcome else { return false };
    let Ok(stated) = RequestedVersion::read(&versions, target, &HeaderMap::new()) else { return false };
    let before = &target.path[..target.path.len() - stated.path.len()];
    assert!(!before.contains('%') && !before.contains("//"), "the version is not spelled plainly");
    let rest = stated.path.strip_prefix(PREFIX).unwrap_or_default();
    assert!(rest.starts_with('/'), "not below the prefix");
    let lower = rest.to_ascii_lowercase();
    assert!(allow.encoded_slash || !lower.contains("%2f"));
    assert!(allow.empty_segment || !lower.contains("//"));
    assert!(allow.encoded_percent || !lower.contains("%25"));
    assert!(!lower.contains("%2e") && !lower.contains("%5c"));
    let mut reading = rest.as_bytes().to_vec();
    loop {
        for segment in reading.split(|byte| matches!(byte, b'/' | b'\\')) {
            let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
            assert!(!matches!(name, b"." | b".."), "a reading has a dot segment");
        }
        assert!(!reading.iter().any(u8::is_ascii_control), "a reading has a control character");
        let next = percent_decoded(&reading);
        if next == reading {
            return true;
        }
        reading = next;
    }
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| digit(after.first()).zip(digit(after.get(1)))).flatten();
        decoded.push(escape.map_or(*first, |(high, low)| (high * 16 + low) as u8));
        rest = if escape.is_some() { &after[2..] } else { after };
    }
    decoded
}

/// A stored hash, then the password to verify. Costly hashes are only parsed.
pub fn password(input: &[u8]) -> bool {
    let line = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let Ok(text) = std::str::from_utf8(&input[..line]) else { return false };
    let Ok(hash) = text.parse::<PasswordHash>() else { return false };
    assert_eq!(hash.as_str(), text);
    assert!(!hash.cost().is_empty() && format!("{hash:?}").len() < 32);
    if is_cheap(&hash) {
        let password = input.get(line + 1..).unwrap_or_default();
        let mut memory = HashMemory::default();
        let verdict = hash.verify(password, &mut memory);
        assert_eq!(hash.verify(password, &mut memory), verdict, "reused memory changes the result");
    }
    true
}

fn is_cheap(hash: &PasswordHash) -> bool {
    let parameter = |name: &str| {
        let value = hash.cost().split(['$', ',']).find_map(|part| part.strip_prefix(name))?;
        value.parse::<u32>().ok()
    };
    match hash {
        PasswordHash::Argon2id(_) => parameter("m=").is_some_and(|kib| kib <= 256) && parameter("t=") <= Some(2),
        PasswordHash::Bcrypt(_) => hash.cost().ends_with("04"),
        PasswordHash::Apr1(_) | PasswordHash::Sha1(_) => true,
        PasswordHash::Crypt(_) => !hash.cost().contains("rounds="),
        PasswordHash::Overlap(_) => panic!("an overlap is never in a file"),
    }
}

/// A credentials file, against three versions and two scopes.
pub fn credentials(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let (Some(versions), Some(scopes)) = (catalog("/v{version}/"), scopes()) else { return false };
    let set = match formats::credentials_file::read(text, &versions, &scopes) {
        Ok(reading) => claviger::source::FileSet::from(reading.set),
        Err(faults) => {
            check_diagnostics(&faults, text);
            assert!(!faults.to_string().contains(PLANTED), "a diagnostic repeats a secret:\n{faults}");
            return false;
        }
    };
    for credential in set.iter() {
        let is_it = |found: Option<std::sync::Arc<claviger::credential::Credential>>| {
            assert!(found.is_some_and(|found| std::ptr::eq(&*found, credential)), "{} is not found", credential.id);
        };
        let directory: &dyn claviger::auth::Directory = &set;
        is_it(set.find_id(credential.id.as_str()));
        match &credential.secret {
            StoredSecret::Token(digest) => is_it(directory.find_token(digest).credential()),
            StoredSecret::Password { username, .. } => {
                assert!(!username.is_empty() && !username.contains(':') && !username.contains(char::is_control));
                is_it(directory.find_username(username).credential());
            }
        }
        assert!(credential.version.as_ref().is_some_and(|version| versions.rank(version.as_str()).is_some()));
        let mut held = credential.scopes.iter().flat_map(|held| held.names());
        assert!(held.all(|name| scopes.contains(name)), "{} holds an unknown scope", credential.id);
    }
    true
}

/// A list to import: CSV where the first line has a comma, else htpasswd. Skipping unusable entries takes the same entries
/// as the usable file.
pub fn lists(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let (Some(versions), Some(scopes), Ok(account)) = (catalog("/v{version}/"), scopes(), "acme".parse()) else {
        return false;
    };
    let catalogs = Catalogs { versions: &versions, scopes: &scopes };
    let users = Users { account, version: None };
    let is_table = text.lines().next().is_some_and(|line| line.contains(','));
    let format = if is_table { ImportFormat::Csv } else { ImportFormat::Htpasswd(&users) };
    let read = |unusable| Import::read(text, format, catalogs, unusable);
    let check = |credential: &Credential| {
        if let StoredSecret::Password { username, .. } = &credential.secret {
            assert!(!username.is_empty() && !username.contains(':') && !username.contains(char::is_control));
        }
        assert!(credential.version.as_ref().is_some_and(|version| versions.rank(version.as_str()).is_some()));
        let mut held = credential.scopes.iter().flat_map(|held| held.names());
        assert!(held.all(|name| scopes.contains(name)), "{} holds an unknown scope", credential.id);
        credential.id.to_string()
    };
    // The ids, and the faults of skipped entries.
    let ids = |import: Import| {
        let mut batches = import.batches().expect("a thread");
        let mut ids = BTreeSet::new();
        while let Some(batch) = batches.blocking_next() {
            ids.extend(batch.entries.into_iter().map(|entry| check(&entry.credential)));
        }
        (ids, batches.finish().expect("the file was read before"))
    };
    let skipping = read(Unusable::Skip).map(ids);
    if let Ok((_, skipped)) = &skipping
        && !skipped.0.is_empty()
    {
        check_diagnostics(skipped, text);
    }
    match read(Unusable::Refuse) {
        Ok(whole) => {
            let (whole, skipping) = (ids(whole).0, skipping.map(|(ids, _)| ids));
            assert_eq!(skipping.ok().as_ref(), Some(&whole), "skipping changes a file without faults");
            !whole.is_empty()
        }
        Err(faults) => {
            check_diagnostics(&faults, text);
            assert!(!faults.to_string().contains(PLANTED), "a diagnostic repeats a secret:\n{faults}");
            false
        }
    }
}

/// A settings file. The output of `config show` must parse to the same settings.
pub fn config(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let mut root = match config::parse(text) {
        Ok(root) => root,
        Err(fault) => {
            check_diagnostics(&fault.into(), text);
            return false;
        }
    };
    let mut faults = Diagnostics::default();
    let file: Option<raw::File> = config::decode(&mut root, "", &mut faults);
    let settings = file.as_ref().map(|file| Settings::new(file, &root, Path::new("")));
    if let Some(Err(more)) = &settings {
        check_diagnostics(more, text);
    }
    let (Some(file), Some(Ok(_)), true) = (file, settings, faults.is_empty()) else {
        faults.0.iter().for_each(|fault| check_diagnostics(&fault.clone().into(), text));
        return false;
    };
    let shown = config::effective(&file, &root);
    let again: Option<raw::File> =
        config::parse(&shown).ok().and_then(|mut root| config::decode(&mut root, "", &mut faults));
    let again = again.as_ref().map(serde_json::to_value).and_then(Result::ok);
    assert_eq!(again, serde_json::to_value(&file).ok(), "the output differs from the input:\n{shown}\n{faults}");
    true
}

/// Which reader of a connection, then the size of the pieces in which it gets the rest.
pub fn wire(input: &[u8]) -> bool {
    let [reader, most, bytes @ ..] = input else { return false };
    let reader = WireReader::ALL[usize::from(*reader) % WireReader::ALL.len()];
    let whole = reader.read(bytes, usize::MAX);
    for most in [1, usize::from(*most)] {
        assert_eq!(reader.read(bytes, most), whole, "{reader:?} reads pieces of {most} bytes differently");
    }
    assert!(whole.kept_bytes <= 256, "{reader:?} keeps what a client sends without a bound");
    assert!(whole.found.len() <= bytes.len() + 1, "{reader:?} finds more than there is");
    whole.is_complete && !bytes.is_empty()
}

/// A query of a front proxy. The body of a call over gRPC where it begins with its compression flag, else a line with
/// method and target, then a line `name: value` for each header.
pub fn forward_auth(input: &[u8]) -> bool {
    if matches!(input.first(), Some(0 | 1)) {
        let Some(read) = ReportedRequest::from_check(input) else { return false };
        assert_eq!(input[0], 0, "a compressed message is read");
        assert!(read.headers.keys().all(|name| !name.as_str().starts_with(':')), "{read:?}");
        return true;
    }
    let mut lines = input.split(|byte| *byte == b'\n');
    let mut words = lines.next().unwrap_or_default().splitn(2, |byte| *byte == b' ');
    let (method, query) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Ok(method) = Method::from_bytes(method) else { return false };
    let fields: Vec<_> = lines.filter_map(field).collect();
    let read = ReportedRequest::from_query(&method, query, &fields);
    let backwards: Vec<_> = fields.iter().rev().cloned().collect();
    assert_eq!(
        ReportedRequest::from_query(&method, query, &backwards),
        read,
        "the order of headers changes the result"
    );
    let Some(read) = read else { return false };
    // What every header says that says anything.
    for (name, value) in &fields {
        match name.as_str() {
            "x-forwarded-method" | "x-original-method" => assert_eq!(value.as_bytes(), read.method.as_str().as_bytes()),
            "x-forwarded-uri" | "x-original-uri" => assert_eq!(value.as_bytes(), read.target),
            "x-original-url" => assert!(value.as_bytes().ends_with(&read.target)),
            _ => {}
        }
    }
    if let Some(in_path) = query.strip_prefix(b"/auth").filter(|rest| rest.starts_with(b"/")) {
        // `http` reads no fragment; Envoy refuses one.
        let target = in_path.split(|byte| *byte == b'#').next().unwrap_or_default();
        assert_eq!((&read.method, &read.target[..]), (&method, target));
    }
    true
}

/// Diagnostics name existing lines and take one line each.
fn check_diagnostics(faults: &Diagnostics, text: &str) {
    assert!(!faults.is_empty());
    for fault in &faults.0 {
        if let config::Origin::File { line, .. } = fault.origin {
            assert!(line as usize <= text.split('\n').count() + text.matches('\r').count() + 1, "{fault}");
        }
        assert!(!fault.to_string().contains('\n'), "a diagnostic of several lines: {fault}");
    }
}

fn catalog(path: &str) -> Option<VersionCatalog> {
    let version = |name: &str| {
        let name = name.parse().ok()?;
        Some(Version { name, deprecated_on: None, sunset_on: None, retired_on: None, link: None })
    };
    Some(VersionCatalog {
        path: Some(path.parse::<PathTemplate>().ok()?),
        header: Some(HeaderName::from_static("x-api-version")),
        known: ["1", "2", "2026-01-01"].into_iter().map(version).collect::<Option<_>>()?,
        ..VersionCatalog::default()
    })
}

fn scopes() -> Option<ScopeCatalog> {
    let names = ["payments:read", "payments:write"].into_iter();
    Some(ScopeCatalog::new(names.map(|name| Some((name.parse().ok()?, Box::default()))).collect::<Option<_>>()?))
}
