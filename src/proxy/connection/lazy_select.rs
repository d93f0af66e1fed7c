//! A select that polls its second future only after that future's waker ran.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Records a wake-up of the second future.
struct Flag {
    is_set: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_set.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// Runs `main` until it or `end` is ready. A `select!` would poll both whenever one of them is woken: a timer that is due
/// in ten seconds, several times a request.
pub(in crate::proxy) async fn run_until(main: impl Future<Output = ()>, end: impl Future<Output = ()>) {
    let flag = Arc::new(Flag { is_set: AtomicBool::new(true), task: AtomicWaker::new() });
    let waker = Waker::from(flag.clone());
    let (mut main, mut end) = (pin!(main), pin!(end));
    poll_fn(|context| {
        if main.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        flag.task.register(context.waker());
        // Rarely set, and a load is cheaper than a swap.
        let is_woken = flag.is_set.load(Ordering::Acquire) && flag.is_set.swap(false, Ordering::AcqRel);
        if is_woken { end.as_mut().poll(&mut Context::from_waker(&waker)) } else { Poll::Pending }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn ends_with_the_first_of_both() {
        run_until(async {}, std::future::pending()).await;
        run_until(std::future::pending(), async {}).await;
        run_until(std::future::pending(), tokio::time::sleep(Duration::from_millis(1))).await;
    }

    #[tokio::test]
    async fn second_future_is_polled_only_after_its_wake_up() {
        let (polls, event) = (AtomicU32::new(0), Notify::new());
        let main = async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(polls.load(Ordering::Relaxed), 1);
            event.notify_one();
            std::future::pending::<()>().await;
        };
        let mut notified = pin!(event.notified());
        let end = poll_fn(|context| {
            polls.fetch_add(1, Ordering::Relaxed);
            notified.as_mut().poll(context)
        });
        run_until(main, end).await;
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    }

    /// Nothing else wakes the task, so a wake-up during any moment of a poll must not be lost.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_up_is_lost_between_threads() {
        for _ in 0..1000 {
            let event = Arc::new(Notify::new());
            let waiter = event.clone();
            let waiting = tokio::spawn(async move { run_until(std::future::pending(), waiter.notified()).await });
            tokio::spawn(async move { event.notify_one() });
            tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("a wake-up was lost").unwrap();
        }
    }
}
