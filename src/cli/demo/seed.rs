//! Accounts, people and credentials of a demo, made by the operations that the console uses.

use std::sync::Arc;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use super::PASSWORD_OF_PEOPLE;
use crate::clock::Clock;
use crate::config::{Delivery, Settings};
use crate::control::operations::{
    Caller, Deliver, NewAccessRequest, NewAccount, NewCredential, NewSecret, NewUser, OperationContext, Outcome, Terms,
    create, create_account, create_user, disable, enable_own_key, grant_access, request_access, set_member_policy,
    use_setup_link,
};
use crate::control::{ControlState, DemoSignInLinks, LiveSettings, Throttles};
use crate::credential::{Label, PlainLinkToken, PlainPassword};
use crate::store::{Actor, ActorKind, Role, Store, StoreOptions, UserRecord};

/// A person with the link that signs them in.
pub(super) struct Person {
    pub(super) email: &'static str,
    pub(super) role: Role,
    pub(super) link: PlainLinkToken,
}

/// E-mail address, name, role and account. Those with an account that has not asked yet come last.
const PEOPLE: [(&str, &str, Role, Option<&str>); 5] = [
    ("staff@example.org", "Sam Staff", Role::Staff, None),
    ("owner@acme.example", "Olive Owner", Role::Owner, Some("acme")),
    ("implementer@acme.example", "Imre Implementer", Role::Implementer, Some("acme")),
    ("member@acme.example", "Mia Member", Role::Member, Some("acme")),
    ("owner@hooli.example", "Hugo Owner", Role::Owner, Some("hooli")),
];

struct Demo {
    state: ControlState,
    live: LiveSettings,
}

/// Fills a new database, and returns its people with a link each.
///
/// # Errors
/// When the database cannot be written.
pub(super) async fn seed(settings: &Settings, links: &DemoSignInLinks) -> anyhow::Result<Vec<Person>> {
    let database = settings.database.as_ref().context("a demo has a database")?;
    let query_timeout = database.options.query_timeout.duration();
    let store = Store::open(&database.url, StoreOptions { connections: 1, query_timeout, create: true }).await?;
    store.migrate().await?;
    let live = Arc::new(ArcSwap::from_pointee(LiveSettings::of(settings)));
    let state = ControlState::new(store.clone(), Clock::System, live, Throttles::default())?;
    let demo = Demo { state, live: LiveSettings::of(settings) };
    for (id, name) in [("acme", "Acme Ltd"), ("hooli", "Hooli Ltd"), ("initech", "Initech Ltd")] {
        demo.account(id, name).await?;
    }
    let mut people = Vec::new();
    for (email, name, role, account) in PEOPLE {
        let user = demo.user(email, name, role, account).await?;
        let link = PlainLinkToken::mint().map_err(|_| anyhow::anyhow!("the system returned no random bytes"))?;
        links.add(&link, user.id.clone());
        demo.use_access(&user).await?;
        people.push(Person { email, role, link });
    }
    demo.credentials().await?;
    store.close().await;
    Ok(people)
}

impl Demo {
    fn context<'d>(&'d self, caller: &'d Caller) -> OperationContext<'d> {
        let context = OperationContext::new(&self.state.store, caller, self.state.clock.now(), self.live.terms());
        OperationContext { hashes: Some(&self.state.hashes), ..context }
    }

    /// `initech` waits for nothing, `hooli` for a decision, and `acme` has access.
    async fn account(&self, id: &str, name: &str) -> anyhow::Result<()> {
        let shell = Caller::shell("demo".into());
        let context = self.context(&shell);
        let account: Label = id.parse()?;
        create_account(&context, NewAccount { id: Some(account.clone()), name: Some(name.into()) }).await?;
        if id == "acme" {
            grant_access(&context, &account).await?;
            set_member_policy(&context, &account, true).await?;
        }
        Ok(())
    }

    async fn user(&self, email: &str, name: &str, role: Role, account: Option<&str>) -> anyhow::Result<UserRecord> {
        let shell = Caller::shell("demo".into());
        let account = account.map(str::parse).transpose()?;
        let new = NewUser { role, account, email: email.into(), name: Some(name.into()) };
        // Without mail the link is returned.
        let no_delivery = Delivery::default();
        let terms = Terms { delivery: &no_delivery, ..self.live.terms() };
        let context = OperationContext { terms, ..self.context(&shell) };
        let created = create_user(&context, new).await?.fresh();
        let link = created.and_then(|created| created.link).context("the database of the demo is not new")?;
        let at = self.state.sign_in_context(&self.live, None, None);
        let password = PlainPassword::new(PASSWORD_OF_PEOPLE.as_bytes());
        Ok(use_setup_link(&at, link.ticket.reveal(), password, None).await?)
    }

    /// The owner of `hooli` has asked for access; the member of `acme` has a key.
    async fn use_access(&self, user: &UserRecord) -> anyhow::Result<()> {
        let actor = Actor { kind: ActorKind::User, id: user.id.to_string(), request_id: None, address: None };
        let caller = Caller { actor, role: user.role, account: user.account.clone(), user: Some(user.id.clone()) };
        let context = self.context(&caller);
        match (&user.account, user.role) {
            (Some(account), Role::Owner) if account.as_str() == "hooli" => {
                let start_on = (context.now.to_zoned(TimeZone::UTC).date() + 7.days()).to_string();
                let use_cases = vec!["third_party_tool".to_owned(), "data_extraction".to_owned()];
                let privacy_policy = Some("https://hooli.example/privacy".to_owned());
                let new = NewAccessRequest { account: account.clone(), start_on, use_cases, privacy_policy };
                request_access(&context, new).await?;
            }
            (Some(_), Role::Member) => {
                enable_own_key(&context).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn credentials(&self) -> anyhow::Result<()> {
        let shell = Caller::shell("demo".into());
        let context = self.context(&shell);
        let all = [
            ("Data warehouse", NewSecret::Token, Some("data@integrator.example")),
            ("Website", NewSecret::Password { username: "acme-website".into(), chosen: None }, None),
            ("Old importer", NewSecret::Token, Some("import@integrator.example")),
        ];
        for (name, secret, contact) in all {
            let new = NewCredential {
                name: Some(name.into()),
                contact_email: contact.map(str::to_owned),
                deliver: Some(Deliver::Show),
                ..NewCredential::new("acme".parse()?, secret)
            };
            let Outcome::Fresh(created) = create(&context, new).await? else { continue };
            if name.starts_with("Old") {
                disable(&context, created.record.id.as_str(), Some("Replaced by the data warehouse".into())).await?;
            }
        }
        Ok(())
    }
}
