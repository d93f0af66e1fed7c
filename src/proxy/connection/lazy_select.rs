//! What a connection waits for beside its requests.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Rings for what is waited for aside.
struct Bell {
    has_rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// Runs `main` to its end, or until `aside` has ended. A `select` would look at both whenever there is news for one of
/// them: at a timer that is due once in ten seconds, several times a request.
pub(in crate::proxy) async fn run(main: impl Future<Output = ()>, aside: impl Future<Output = ()>) {
    let bell = Arc::new(Bell { has_rung: AtomicBool::new(true), task: AtomicWaker::new() });
    let waker = Waker::from(bell.clone());
    let (mut main, mut aside) = (pin!(main), pin!(aside));
    poll_fn(|context| {
        if main.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        bell.task.register(context.waker());
        // Most of the time nothing has rung, and a look is cheaper than a swap.
        let has_rung = bell.has_rung.load(Ordering::Acquire) && bell.has_rung.swap(false, Ordering::AcqRel);
        if has_rung { aside.as_mut().poll(&mut Context::from_waker(&waker)) } else { Poll::Pending }
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
    async fn ends_with_whichever_ends_first() {
        run(async {}, std::future::pending()).await;
        run(std::future::pending(), async {}).await;
        run(std::future::pending(), tokio::time::sleep(Duration::from_millis(1))).await;
    }

    #[tokio::test]
    async fn what_is_aside_is_looked_at_when_it_has_news_only() {
        let (looks, news) = (AtomicU32::new(0), Notify::new());
        let main = async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(looks.load(Ordering::Relaxed), 1);
            news.notify_one();
            std::future::pending::<()>().await;
        };
        let mut told = pin!(news.notified());
        let aside = poll_fn(|context| {
            looks.fetch_add(1, Ordering::Relaxed);
            told.as_mut().poll(context)
        });
        run(main, aside).await;
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }

    /// Nothing else wakes the task: news that comes in whichever moment of a poll must not be lost.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_news_is_lost_between_threads() {
        for _ in 0..1000 {
            let news = Arc::new(Notify::new());
            let told = news.clone();
            let waiting = tokio::spawn(async move { run(std::future::pending(), told.notified()).await });
            tokio::spawn(async move { news.notify_one() });
            tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it waits for ever").unwrap();
        }
    }
}
