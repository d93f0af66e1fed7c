//! mimalloc as the global allocator, tuned for the request path.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mimalloc;

/// The alignment of every mimalloc block of at least this size (`MI_MAX_ALIGN_SIZE`).
const ALIGNMENT: usize = 16;
/// Bytes. If so little memory is not available, the process cannot continue.
const SMALL: usize = 64 * 1024;

/// Differs from the allocator of the crate `mimalloc` in two points:
///
/// - `alloc` of at most 64 KiB aborts the process instead of returning null, as nearly all callers do on null. While
///   null is possible, `Box::new(value)` must build the value on the stack and copy all of it, because the value has to
///   be dropped there if the allocation fails. The future of a request has 13 KiB, of which 0.7 KiB are initialized at
///   first. Since this allocation cannot return, the compiler builds the value in place.
/// - Layouts that every block satisfies are requested without an alignment. This skips a path that rounds many sizes
///   up.
pub(crate) struct Mimalloc;

/// Whether every block of this size satisfies the alignment.
fn is_plain(layout: Layout) -> bool {
    layout.align() <= ALIGNMENT && layout.align() <= layout.size()
}

#[expect(unsafe_code, reason = "allocators cannot be written in safe Rust")]
// SAFETY: all blocks come from mimalloc with at least the requested size and alignment; nothing unwinds.
unsafe impl GlobalAlloc for Mimalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = match is_plain(layout) {
            true => unsafe { mimalloc::mi_malloc(layout.size()) },
            false => unsafe { mimalloc::mi_malloc_aligned(layout.size(), layout.align()) },
        };
        if layout.size() <= SMALL && block.is_null() {
            abort_out_of_memory(layout.size())
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

/// Aborts as Rust does without memory. `extern "C"` shows the compiler that it does not unwind.
#[cold]
extern "C" fn abort_out_of_memory(size: usize) -> ! {
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

    /// The test program uses this allocator.
    #[test]
    #[expect(unsafe_code, reason = "allocator functions are unsafe")]
    fn blocks_have_the_requested_size_and_alignment() {
        for align in (0..13).map(|power| 1 << power) {
            for size in (1..70).chain([100, 1000, 1024, 1025, 4096, 13_376, SMALL, SMALL + 1, 1 << 20]) {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: sizes are not zero, writes stay in bounds, and each block is freed with its own layout.
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
    #[expect(unsafe_code, reason = "allocator functions are unsafe")]
    fn an_impossible_size_returns_null() {
        // SAFETY: the call returns null.
        let block = unsafe { alloc(Layout::from_size_align(1 << 60, 1).unwrap()) };
        assert!(black_box(block).is_null());
        assert!(black_box(Vec::<u8>::new()).try_reserve(1 << 60).is_err());
    }
}
