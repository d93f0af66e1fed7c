//! The minimum that pingora needs.

use std::net::SocketAddr;

use async_trait::async_trait;
use pingora::listeners::{L4BufferSettings, ListenerConfig};
use pingora::modules::http::HttpModules;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::Server;
use pingora::server::configuration::ServerConf;
use pingora::upstreams::peer::HttpPeer;

/// How the command line should look.
#[derive(Debug)]
pub struct Usage(#[expect(dead_code, reason = "printed on a usage error")] &'static str);

/// Whose settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// As `server_conf` and `service` of the gate have them; no module costs a request a box.
    Ours,
    /// pingora's.
    AsItComes,
}

struct Passing {
    setup: Setup,
    peer: HttpPeer,
}

#[async_trait]
impl ProxyHttp for Passing {
    type CTX = ();

    fn new_ctx(&self) {}

    fn init_downstream_modules(&self, modules: &mut HttpModules) {
        if self.setup == Setup::AsItComes {
            modules.add_module(pingora::modules::http::compression::ResponseCompressionBuilder::enable(0));
        }
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut ()) -> pingora::Result<Box<HttpPeer>> {
        Ok(Box::new(self.peer.clone()))
    }
}

/// Serves until a signal.
pub fn run(setup: Setup) -> Result<(), Usage> {
    if setup == Setup::Ours {
        claviger::server::prefer_small_pages();
    }
    let usage = || Usage("LISTEN and UPSTREAM are an address and a port each");
    let addresses: Vec<SocketAddr> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let &[listen, upstream] = &addresses[..] else { return Err(usage()) };
    let conf = match setup {
        Setup::Ours => ServerConf {
            threads: 1,
            work_stealing: false,
            fast_timeout_to_tokio_threshold_seconds: Some(0),
            max_retries: 2,
            ca_file: Some("/dev/null".into()),
            grace_period_seconds: Some(0),
            graceful_shutdown_timeout_seconds: Some(1),
            ..ServerConf::default()
        },
        Setup::AsItComes => ServerConf { grace_period_seconds: Some(0), ..ServerConf::default() },
    };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    let peer = HttpPeer::new(upstream, false, String::new());
    let mut service = http_proxy_service(&server.configuration, Passing { setup, peer });
    let mut listener = ListenerConfig::tcp(listen.to_string());
    if setup == Setup::Ours {
        listener = listener.l4_buffer(L4BufferSettings::default().read(16 * 1024).write(4 * 1024));
    }
    service.add_listener(listener);
    server.add_service(service);
    server.run_forever()
}
