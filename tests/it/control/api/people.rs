//! Users with a browser.

use serde_json::json;

use super::{ApiReply, ApiRequest, TestApi};

pub const PASSWORD: &str = "correct horse battery";

impl TestApi {
    /// Creates a user who has set [`PASSWORD`] with their link, and returns the id.
    pub async fn person(&self, email: &str, role: &str, account: Option<&str>) -> String {
        let (id, ticket) = self.invited(email, role, account).await;
        let reply = self.use_link(&ticket, PASSWORD).await;
        assert_eq!(reply.status, 204, "{reply:?}");
        self.pause();
        id
    }

    /// Creates a user without a password, and returns the id and the ticket of their link.
    pub async fn invited(&self, email: &str, role: &str, account: Option<&str>) -> (String, String) {
        let reply = self.post("/users", json!({"email": email, "role": role, "account": account})).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&reply.body["user"]["id"]), text(&reply.body["setup_link"]["ticket"]))
    }

    pub async fn use_link(&self, ticket: &str, password: &str) -> ApiReply {
        let body = json!({"ticket": ticket, "password": password});
        self.request("POST", "/setup").from("192.0.2.1").json(&body).send().await
    }

    pub fn sign_in(&self, address: &str, email: &str, password: &str) -> ApiRequest<'_> {
        self.request("POST", "/session").from(address).json(&json!({"email": email, "password": password}))
    }

    /// Signs in, and returns the cookie.
    pub async fn cookie(&self, email: &str) -> String {
        let reply = self.sign_in("192.0.2.1", email, PASSWORD).send().await;
        assert_eq!(reply.status, 200, "{reply:?}");
        self.pause();
        reply.cookie()
    }

    /// With this cookie, from a page of the same origin.
    pub fn with_cookie(&self, cookie: &str, method: &str, target: &str) -> ApiRequest<'_> {
        let ask = self.request(method, target).from("192.0.2.1").header("cookie", cookie);
        ask.header("sec-fetch-site", "same-origin")
    }

    /// True while the session is valid.
    pub async fn knows(&self, cookie: &str) -> bool {
        let reply = self.with_cookie(cookie, "GET", "/me").send().await;
        assert!(matches!(reply.status.as_u16(), 200 | 401), "{reply:?}");
        reply.status == 200
    }

    /// Advances the clock past every throttle.
    pub fn pause(&self) {
        self.clock.advance(std::time::Duration::from_secs(120));
    }
}

impl ApiReply {
    /// The cookie of `Set-Cookie`, as a browser sends it.
    pub fn cookie(&self) -> String {
        let set: Vec<_> = self.headers.get_all("set-cookie").iter().collect();
        assert_eq!(set.len(), 1, "{set:?}");
        set[0].to_str().unwrap().split(';').next().unwrap().to_owned()
    }
}
