//! Lines for standard output, written by a thread of their own: a slow reader costs lines, never requests.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::flush::flush;

const MOST_WAITING: usize = 8192;
/// How long lines gather before they are written. A thread that sleeps need not be woken for each of them.
const GATHER: Duration = Duration::from_millis(5);

/// Where lines go in.
#[derive(Clone)]
pub struct LineSink(SyncSender<Message>);

/// The writing thread.
pub struct LineWriter {
    sink: LineSink,
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl LineWriter {
    /// Starts the thread. `failed` hears of each write that did, and how many lines that has cost: what could not be
    /// written is tried again, as long as there is room.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        output: impl Write + Send + 'static,
        failed: impl FnMut(&std::io::Error, u64) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(MOST_WAITING);
        std::thread::Builder::new().name("lines".into()).spawn(move || write_all(&receiver, output, failed))?;
        Ok(Self { sink: LineSink(sender) })
    }

    /// Where lines go in.
    pub fn sink(&self) -> LineSink {
        self.sink.clone()
    }
}

impl LineSink {
    /// Waits, for a moment, until everything handed over so far is written.
    pub fn flush(&self) {
        flush(&self.0, Message::Flush);
    }

    /// Hands over a line that ends in a newline; `false` when it had to be dropped.
    pub fn write(&self, line: Vec<u8>) -> bool {
        self.0.try_send(Message::Line(line)).is_ok()
    }
}

fn write_all(receiver: &Receiver<Message>, output: impl Write, mut failed: impl FnMut(&std::io::Error, u64)) {
    let mut output = std::io::BufWriter::with_capacity(64 * 1024, output);
    let mut is_dirty = false;
    loop {
        let first = match is_dirty {
            // What could not be written is tried again.
            true => receiver.recv_timeout(GATHER),
            false => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match &first {
            Ok(Message::Line(_)) => std::thread::sleep(GATHER),
            Ok(Message::Flush(_)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for message in first.into_iter().chain(receiver.try_iter()) {
            match message {
                // A full disk or a closed pipe.
                Message::Line(line) => {
                    let _lost = output.write_all(&line).inspect_err(|error| failed(error, 1));
                }
                Message::Flush(done) => {
                    let _left = output.flush().inspect_err(|error| failed(error, 0));
                    let _gone = done.send(());
                }
            }
        }
        is_dirty = output.flush().inspect_err(|error| failed(error, 0)).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_in_order_and_flush_waits_for_them() {
        let output = Shared::default();
        let lines = LineWriter::start(output.clone(), |error, _| panic!("{error}")).unwrap();
        for number in 0..100 {
            assert!(lines.sink().write(format!("{number}\n").into_bytes()));
        }
        lines.sink().flush();
        let written = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 100);
        assert!(written.starts_with("0\n1\n"));
    }

    #[test]
    fn a_reader_that_hangs_costs_lines_and_nothing_else() {
        struct Hangs;
        impl Write for Hangs {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                loop {
                    std::thread::park();
                }
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = LineWriter::start(Hangs, |_, _| ()).unwrap();
        let dropped = (0..2 * MOST_WAITING).filter(|_| !lines.sink().write(vec![b'x'; 1024])).count();
        assert!(dropped > 0);
    }
}
