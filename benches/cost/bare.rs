//! pingora alone, passing everything through, for `make bench`: what a request costs without us. Built, allocated
//! and set up as the gate is, so that the difference is the gate's. `bare LISTEN UPSTREAM`.

mod passing;

#[cfg(not(feature = "system-allocator"))]
#[path = "../../src/mimalloc.rs"]
mod mimalloc;

#[cfg(not(feature = "system-allocator"))]
#[global_allocator]
static ALLOCATOR: mimalloc::Mimalloc = mimalloc::Mimalloc;

fn main() -> Result<(), passing::Usage> {
    passing::run(passing::Setup::Ours)
}
