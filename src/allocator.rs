//! mimalloc, asked so that it answers soonest.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mimalloc;

/// How every block is aligned that is at least as large (`MI_MAX_ALIGN_SIZE`).
const ALIGNMENT: usize = 16;
/// Bytes. Where there is no room for so few, nobody could go on.
const SMALL: usize = 64 * 1024;

/// The allocator of the whole process. Differs from the one in the crate `mimalloc`:
///
/// - `alloc` of at most 64 KiB ends the process instead of returning null, as nearly everybody does who gets null. A
///   `Box` asks for room only after what goes into it has been made elsewhere; as long as the answer may be no, somebody
///   would have to drop that there, so it is made on the stack and copied, the whole of it: the future of a request is
///   13 KiB, of which 0.7 mean anything at first. Where there always is room, the compiler makes it in place.
/// - What needs no other alignment than every block has is asked for without one: that skips a path on which many sizes
///   are made larger first.
pub struct Allocator;

/// Whether any block of this size will do.
fn is_plain(layout: Layout) -> bool {
    layout.align() <= ALIGNMENT && layout.align() <= layout.size()
}

#[expect(unsafe_code, reason = "allocators cannot be written in safe Rust")]
// SAFETY: blocks are mimalloc's, at least as large and as aligned as was asked for; nothing unwinds.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = match is_plain(layout) {
            true => unsafe { mimalloc::mi_malloc(layout.size()) },
            false => unsafe { mimalloc::mi_malloc_aligned(layout.size(), layout.align()) },
        };
        if layout.size() <= SMALL && block.is_null() {
            give_up(layout.size())
        }
        block.cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = match is_plain(layout) {
            true => unsafe { mimalloc::mi_zalloc(layout.size()) },
            false => unsafe { mimalloc::mi_zalloc_aligned(layout.size(), layout.align()) },
        };
        block.cast()
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let block = match is_plain(layout) && layout.align() <= size {
            true => unsafe { mimalloc::mi_realloc(block.cast(), size) },
            false => unsafe { mimalloc::mi_realloc_aligned(block.cast(), size, layout.align()) },
        };
        block.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        unsafe { mimalloc::mi_free(block.cast()) }
    }
}

/// What Rust does without memory. Not a Rust function, so that the compiler knows that nothing unwinds from here.
#[cold]
extern "C" fn give_up(size: usize) -> ! {
    std::alloc::handle_alloc_error(Layout::from_size_align(size, 1).unwrap_or(Layout::new::<()>()))
}

#[cfg(test)]
mod tests {
    use std::alloc::{alloc, alloc_zeroed, dealloc, realloc};
    use std::hint::black_box;

    use super::*;

    fn is_aligned(block: *mut u8, align: usize) -> bool {
        !block.is_null() && block.addr().is_multiple_of(align)
    }

    /// The tests of the program run on it.
    #[test]
    #[expect(unsafe_code, reason = "allocators are asked unsafely")]
    fn blocks_are_as_large_and_as_aligned_as_was_asked_for() {
        for align in (0..13).map(|power| 1 << power) {
            for size in (1..70).chain([100, 1000, 1024, 1025, 4096, 13_376, SMALL, SMALL + 1, 1 << 20]) {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: of no size zero; written within, freed as it was got.
                unsafe {
                    let zeroed = alloc_zeroed(layout);
                    let block = alloc(layout);
                    assert!(is_aligned(block, align) && is_aligned(zeroed, align), "{layout:?}");
                    assert!((0..size).all(|at| *zeroed.add(at) == 0), "{layout:?}");
                    block.write_bytes(7, size);
                    let larger = realloc(block, layout, size * 2);
                    assert!(is_aligned(larger, align) && (0..size).all(|at| *larger.add(at) == 7), "{layout:?}");
                    let smaller = realloc(larger, Layout::from_size_align(size * 2, align).unwrap(), 1);
                    assert!(is_aligned(smaller, align) && *smaller == 7, "{layout:?}");
                    dealloc(smaller, Layout::from_size_align(1, align).unwrap());
                    dealloc(zeroed, layout);
                }
            }
        }
    }

    #[test]
    #[expect(unsafe_code, reason = "allocators are asked unsafely")]
    fn what_nobody_can_have_is_refused_to_whoever_asks_politely() {
        // SAFETY: nothing is got.
        let block = unsafe { alloc(Layout::from_size_align(1 << 60, 1).unwrap()) };
        assert!(black_box(block).is_null());
        assert!(black_box(Vec::<u8>::new()).try_reserve(1 << 60).is_err());
    }
}
