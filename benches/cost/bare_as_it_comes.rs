//! pingora alone with its own defaults and the allocator of the system: what a proxy costs that somebody begins with
//! today. `bare_as_it_comes LISTEN UPSTREAM`.

mod passing;

fn main() -> Result<(), passing::Usage> {
    passing::run(passing::Setup::AsItComes)
}
