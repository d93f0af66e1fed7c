//! pingora alone with its own defaults and the allocator of the system: the cost of a proxy as a new
//! project would start with. `bare_as_it_comes LISTEN UPSTREAM`.

mod passing;

fn main() -> Result<(), passing::Usage> {
    passing::run(passing::Setup::AsItComes)
}
