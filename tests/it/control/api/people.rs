//! People with a browser.

use serde_json::json;

use super::{Ask, Table, Told};

pub const PASSWORD: &str = "correct horse battery";

impl Table {
    /// Somebody who has chosen the usual password, by the link that they were sent; their id.
    pub async fn person(&self, email: &str, role: &str, account: Option<&str>) -> String {
        let (id, ticket) = self.invited(email, role, account).await;
        let told = self.use_link(&ticket, PASSWORD).await;
        assert_eq!(told.status, 204, "{told:?}");
        self.pause();
        id
    }

    /// Somebody who has not chosen one yet: their id, and what is in their link.
    pub async fn invited(&self, email: &str, role: &str, account: Option<&str>) -> (String, String) {
        let told = self.post("/users", json!({"email": email, "role": role, "account": account})).await;
        assert_eq!(told.status, 201, "{told:?}");
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&told.body["user"]["id"]), text(&told.body["setup_link"]["ticket"]))
    }

    pub async fn use_link(&self, ticket: &str, password: &str) -> Told {
        let body = json!({"ticket": ticket, "password": password});
        self.ask("POST", "/setup").from("192.0.2.1").json(&body).told().await
    }

    pub fn sign_in(&self, address: &str, email: &str, password: &str) -> Ask<'_> {
        self.ask("POST", "/session").from(address).json(&json!({"email": email, "password": password}))
    }

    /// What the browser of somebody sends who has just signed in.
    pub async fn cookie(&self, email: &str) -> String {
        let told = self.sign_in("192.0.2.1", email, PASSWORD).told().await;
        assert_eq!(told.status, 200, "{told:?}");
        self.pause();
        told.cookie()
    }

    /// By whoever has this cookie, from a page of the desk itself.
    pub fn with_cookie(&self, cookie: &str, method: &str, target: &str) -> Ask<'_> {
        let ask = self.ask(method, target).from("192.0.2.1").header("cookie", cookie);
        ask.header("sec-fetch-site", "same-origin")
    }

    /// True while the session is worth something.
    pub async fn knows(&self, cookie: &str) -> bool {
        let told = self.with_cookie(cookie, "GET", "/me").told().await;
        assert!(matches!(told.status.as_u16(), 200 | 401), "{told:?}");
        told.status == 200
    }

    /// Long enough for nobody to be in a hurry.
    pub fn pause(&self) {
        self.clock.advance(std::time::Duration::from_secs(120));
    }
}

impl Told {
    /// The one cookie that it sets, as a browser sends it back.
    pub fn cookie(&self) -> String {
        let set: Vec<_> = self.headers.get_all("set-cookie").iter().collect();
        assert_eq!(set.len(), 1, "{set:?}");
        set[0].to_str().unwrap().split(';').next().unwrap().to_owned()
    }
}
