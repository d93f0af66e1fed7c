//! A gate that does not answer admits nothing.

use std::net::TcpStream;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::bed::{Outcome, ProxyBed};
use super::proxies::Proxy;
use crate::support::{Connection, Request, TOKEN};

/// Longer than the most patient of them: Traefik, which waits for half a minute.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(super) fn request_is_denied_while_the_gate_is_down(proxy: Proxy) {
    let mut bed = ProxyBed::start(proxy);
    bed.assert_served(&Request::get("/visits").bearer(TOKEN), "acme-billing");
    bed.gate.signal(Signal::SIGKILL);
    bed.gate.wait();
    assert_all_denied(&bed);
}

pub(super) fn request_is_denied_while_the_gate_hangs(proxy: Proxy) {
    let bed = ProxyBed::start(proxy);
    bed.assert_served(&Request::get("/visits").bearer(TOKEN), "acme-billing");
    bed.gate.signal(Signal::SIGSTOP);
    let id = Pid::from_raw(bed.gate.id().try_into().unwrap());
    assert_eq!(waitpid(id, Some(WaitPidFlag::WUNTRACED)), Ok(WaitStatus::Stopped(id, Signal::SIGSTOP)));
    assert_all_denied(&bed);
}

/// Neither with a credential nor to what is public.
fn assert_all_denied(bed: &ProxyBed) {
    std::thread::scope(|scope| {
        for request in [Request::get("/visits").bearer(TOKEN), Request::get("/events")] {
            scope.spawn(move || {
                let stream = TcpStream::connect(bed.running.address).unwrap();
                stream.set_read_timeout(Some(TIMEOUT)).unwrap();
                let request = request.header("Connection", "close");
                let Outcome { reply, reached } = bed.exchange(Connection::over(stream), &request);
                let context = format!("{:?}: {request:?}: {}: {}", bed.proxy, reply.status, reply.text());
                assert!(reached.is_none(), "{context}");
                match bed.proxy {
                    Proxy::Nginx => {
                        assert_eq!((reply.status, reply.code().as_str()), (503, "directory_unavailable"), "{context}");
                    }
                    Proxy::Envoy | Proxy::EnvoyGrpc => assert_eq!(reply.status, 503, "{context}"),
                    Proxy::Traefik | Proxy::Caddy => assert!(reply.status >= 500, "{context}"),
                }
            });
        }
    });
}
