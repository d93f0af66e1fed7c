use super::*;

/// Method, target and strictness of what is asked at `path`, or in a word what is wrong with it.
fn told(method: &str, path: &str, headers: &[(&'static str, &str)]) -> String {
    let mut request = RequestHeader::build(method, path.as_bytes(), None).unwrap();
    for (name, value) in headers {
        request.append_header(*name, *value).unwrap();
    }
    let Some(asking) = AuthQuery::new(&request) else { return "elsewhere".into() };
    match asking.original() {
        Err(rejection) if rejection == MISSING => "not told".into(),
        Err(rejection) if rejection == CONTRADICTORY => "told twice".into(),
        Err(other) => other.code().into(),
        Ok(original) => {
            let strict = if asking.statuses == StatusCodes::Strict { " strict" } else { "" };
            format!("{} {}{strict}", original.method, String::from_utf8_lossy(original.target))
        }
    }
}

#[test]
fn each_kind_of_proxy_is_understood() {
    let forwarded = [("X-Forwarded-Method", "POST"), ("X-Forwarded-Uri", "/payments?id=7")];
    assert_eq!(told("GET", "/auth", &forwarded), "POST /payments?id=7");
    let original = [("X-Original-Method", "DELETE"), ("X-Original-URI", "/payments/7")];
    assert_eq!(told("GET", "/auth?codes=strict", &original), "DELETE /payments/7 strict");
    let ingress = [("X-Original-Method", "GET"), ("X-Original-URL", "https://api.example.org/visits?x=1")];
    assert_eq!(told("GET", "/auth", &ingress), "GET /visits?x=1");
    assert_eq!(told("PUT", "/auth/visits/7?codes=strict", &[]), "PUT /visits/7?codes=strict");
    assert_eq!(told("GET", "/auth/", &[]), "GET /");
}

#[test]
fn a_request_that_is_not_told_is_not_guessed() {
    for headers in [
        &[][..],
        &[("X-Forwarded-Uri", "/payments")],
        &[("X-Original-Method", "GET")],
        &[("X-Forwarded-Method", "GET"), ("X-Original-URI", "/payments")],
        &[("X-Forwarded-Method", "not a method"), ("X-Forwarded-Uri", "/payments")],
        &[("X-Forwarded-Method", ""), ("X-Forwarded-Uri", "/payments")],
    ] {
        assert_eq!(told("GET", "/auth", headers), "not told", "{headers:?}");
    }
}

/// nginx sets X-Original-… and passes on whatever else its caller writes; Traefik and Caddy the other way round.
#[test]
fn what_a_caller_adds_to_the_words_of_the_proxy_is_found_out() {
    let of_nginx = [("X-Original-Method", "POST"), ("X-Original-URI", "/payments")];
    for forged in [
        &[("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/events")][..],
        &[("X-Forwarded-Method", "POST"), ("X-Forwarded-Uri", "/events")],
        &[("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/payments")],
        &[("X-Original-URI", "/events")],
        &[("X-Original-URL", "http://host/events")],
        &[("X-Original-Method", "POST")],
    ] {
        assert_eq!(told("GET", "/auth", &[&of_nginx[..], forged].concat()), "told twice", "{forged:?}");
    }
    assert_eq!(told("GET", "/auth", &[&of_nginx[..], &[("X-Forwarded-Uri", "/events")]].concat()), "not told");
    let of_envoy = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/events")];
    assert_eq!(told("GET", "/auth/payments", &of_envoy), "told twice");
    let agreeing = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/events")];
    assert_eq!(told("GET", "/auth/events", &agreeing), "GET /events");
}

/// What is decided about is what every header says that says anything.
#[test]
fn of_junk_in_any_of_the_headers_nothing_is_believed_that_another_one_denies() {
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
            let (said, meant) = match name.as_str() {
                method if method.ends_with("method") => (value.as_bytes(), original.method.as_str().as_bytes()),
                url if url.ends_with("url") => (without_origin(value.as_bytes()), original.target),
                _ => (value.as_bytes(), original.target),
            };
            assert_eq!(said, meant, "{name} of {:?}", request.headers);
        }
    }
    assert!(believed > 50, "{believed}");
}

#[test]
fn nobody_is_answered_elsewhere() {
    for path in ["/", "/authority", "/Auth", "/auth.html", "/x/auth"] {
        assert_eq!(told("GET", path, &[]), "elsewhere", "{path}");
    }
}

#[test]
fn what_has_no_path_has_an_empty_target() {
    for url in ["https://api.example.org", "http://"] {
        let headers = [("X-Original-Method", "GET"), ("X-Original-URL", url)];
        assert_eq!(told("GET", "/auth", &headers), "GET ", "{url}");
    }
    let headers = [("X-Original-Method", "GET"), ("X-Original-URL", "ftp://host/x")];
    assert_eq!(told("GET", "/auth", &headers), "GET ftp://host/x");
}
