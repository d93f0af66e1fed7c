use super::*;

/// Method, target and strictness of the query at `path`, or its error.
fn read(method: &str, path: &str, headers: &[(&'static str, &str)]) -> String {
    let mut request = RequestHeader::build(method, path.as_bytes(), None).unwrap();
    for (name, value) in headers {
        request.append_header(*name, *value).unwrap();
    }
    let Some(asking) = AuthQuery::new(&request) else { return "not found".into() };
    match asking.original() {
        Err(rejection) if rejection == MISSING => "missing".into(),
        Err(rejection) if rejection == CONTRADICTORY => "contradictory".into(),
        Err(other) => other.code().into(),
        Ok(original) => {
            let strict = if asking.statuses == StatusCodes::Strict { " strict" } else { "" };
            format!("{} {}{strict}", original.method, String::from_utf8_lossy(original.target))
        }
    }
}

#[test]
fn headers_of_each_kind_of_proxy_are_read() {
    let forwarded = [("X-Forwarded-Method", "POST"), ("X-Forwarded-Uri", "/payments?id=7")];
    assert_eq!(read("GET", "/auth", &forwarded), "POST /payments?id=7");
    let original = [("X-Original-Method", "DELETE"), ("X-Original-URI", "/payments/7")];
    assert_eq!(read("GET", "/auth?codes=strict", &original), "DELETE /payments/7 strict");
    let ingress = [("X-Original-Method", "GET"), ("X-Original-URL", "https://api.example.org/visits?x=1")];
    assert_eq!(read("GET", "/auth", &ingress), "GET /visits?x=1");
    assert_eq!(read("PUT", "/auth/visits/7?codes=strict", &[]), "PUT /visits/7?codes=strict");
    assert_eq!(read("GET", "/auth/", &[]), "GET /");
}

#[test]
fn query_without_method_or_target_is_refused() {
    for headers in [
        &[][..],
        &[("X-Forwarded-Uri", "/payments")],
        &[("X-Original-Method", "GET")],
        &[("X-Forwarded-Method", "GET"), ("X-Original-URI", "/payments")],
        &[("X-Forwarded-Method", "not a method"), ("X-Forwarded-Uri", "/payments")],
        &[("X-Forwarded-Method", ""), ("X-Forwarded-Uri", "/payments")],
    ] {
        assert_eq!(read("GET", "/auth", headers), "missing", "{headers:?}");
    }
}

/// nginx sets X-Original-… and passes on whatever else its caller writes; Traefik and Caddy the other way round.
#[test]
fn headers_that_contradict_the_proxy_are_refused() {
    let of_nginx = [("X-Original-Method", "POST"), ("X-Original-URI", "/payments")];
    for forged in [
        &[("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/events")][..],
        &[("X-Forwarded-Method", "POST"), ("X-Forwarded-Uri", "/events")],
        &[("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/payments")],
        &[("X-Original-URI", "/events")],
        &[("X-Original-URL", "http://host/events")],
        &[("X-Original-Method", "POST")],
    ] {
        assert_eq!(read("GET", "/auth", &[&of_nginx[..], forged].concat()), "contradictory", "{forged:?}");
    }
    assert_eq!(read("GET", "/auth", &[&of_nginx[..], &[("X-Forwarded-Uri", "/events")]].concat()), "missing");
    let of_envoy = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/events")];
    assert_eq!(read("GET", "/auth/payments", &of_envoy), "contradictory");
    let agreeing = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/events")];
    assert_eq!(read("GET", "/auth/events", &agreeing), "GET /events");
}

/// What is decided about is what every header says that says anything.
#[test]
fn invalid_headers_never_override_valid_ones() {
    let mut random = fastrand::Rng::with_seed(7);
    let names = ["x-forwarded-method", "x-forwarded-uri", "x-original-method", "x-original-uri", "x-original-url"];
    let values =
        ["GET", "POST", "", "/events", "/payments", "http://h/payments", "https://", "\u{ff}/", " ", "//", "?"];
    let mut believed = 0;
    for _ in 0..50_000 {
        let path = random.choice(["/auth", "/auth?codes=strict", "/auth/events", "/auth/"]).unwrap();
        let mut request = RequestHeader::build("GET", path.as_bytes(), None).unwrap();
        for name in names {
            for _ in 0..random.usize(..3) {
                request.append_header(name, random.choice(values).unwrap().as_bytes().to_vec()).unwrap();
            }
        }
        let Ok(original) = AuthQuery::new(&request).unwrap().original() else { continue };
        believed += 1;
        for (name, value) in &request.headers {
            let (actual, expected) = match name.as_str() {
                method if method.ends_with("method") => (value.as_bytes(), original.method.as_str().as_bytes()),
                url if url.ends_with("url") => (without_origin(value.as_bytes()), original.target),
                _ => (value.as_bytes(), original.target),
            };
            assert_eq!(actual, expected, "{name} of {:?}", request.headers);
        }
    }
    assert!(believed > 50, "{believed}");
}

#[test]
fn other_paths_are_not_found() {
    for path in ["/", "/authority", "/Auth", "/auth.html", "/x/auth"] {
        assert_eq!(read("GET", path, &[]), "not found", "{path}");
    }
}

#[test]
fn url_without_a_path_has_an_empty_target() {
    for url in ["https://api.example.org", "http://"] {
        let headers = [("X-Original-Method", "GET"), ("X-Original-URL", url)];
        assert_eq!(read("GET", "/auth", &headers), "GET ", "{url}");
    }
    let headers = [("X-Original-Method", "GET"), ("X-Original-URL", "ftp://host/x")];
    assert_eq!(read("GET", "/auth", &headers), "GET ftp://host/x");
}
