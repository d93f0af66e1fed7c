//! The same requests through nginx, Traefik, Caddy and Envoy, each with the configuration that is shipped, in front of
//! an API that writes down what reaches it.

mod bed;
mod forged;
mod proxies;
mod silence;
mod tunnels;
mod verdicts;

use self::proxies::Proxy;

macro_rules! through_each {
    ($($name:ident: $proxy:expr,)+) => {
        $(mod $name {
            use super::*;

            #[test]
            fn every_request_is_decided() {
                verdicts::every_request_is_decided($proxy);
            }

            #[test]
            fn forged_headers_do_not_reach_the_api() {
                forged::forged_headers_do_not_reach_the_api($proxy);
            }

            #[test]
            fn identity_header_that_is_not_sent_does_not_reach_the_api() {
                forged::identity_header_that_is_not_sent_does_not_reach_the_api($proxy);
            }

            #[test]
            fn a_websocket_opens_behind_a_credential() {
                tunnels::a_websocket_opens_behind_a_credential($proxy);
            }

            #[test]
            fn no_other_tunnel_opens() {
                tunnels::no_other_tunnel_opens($proxy);
            }

            #[test]
            fn request_is_denied_while_the_gate_is_down() {
                silence::request_is_denied_while_the_gate_is_down($proxy);
            }

            #[test]
            fn request_is_denied_while_the_gate_hangs() {
                silence::request_is_denied_while_the_gate_hangs($proxy);
            }
        })+
    };
}

through_each! {
    nginx: Proxy::Nginx,
    traefik: Proxy::Traefik,
    caddy: Proxy::Caddy,
    envoy: Proxy::Envoy,
    envoy_grpc: Proxy::EnvoyGrpc,
}
