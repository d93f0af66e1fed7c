//! Writes lines on a background thread: a slow reader loses lines and never delays requests.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::queue_flush::flush;

const MAX_QUEUED_LINES: usize = 8192;
/// Of lines that could not be written yet. A longer line is lost.
const MAX_PENDING_BYTES: usize = 64 * 1024;
/// Lines are collected for this long before they are written, which saves wake-ups of the thread.
const BATCH_INTERVAL: Duration = Duration::from_millis(5);

pub type LineOutput = Box<dyn Write + Send>;

/// The sending side of a [`LineWriter`].
#[derive(Clone)]
pub struct LineSink {
    queue: SyncSender<Message>,
    must_reopen: Arc<AtomicBool>,
}

/// The writing thread. It ends when the last [`LineSink`] is dropped.
pub struct LineWriter {
    sink: LineSink,
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
    /// Looks at [`LineSink::must_reopen`].
    WakeUp,
}

impl LineWriter {
    /// `open` opens the output, now and at each [`LineSink::reopen`], where a failure keeps the previous one. The thread
    /// calls `failed` with each write error and the number of lines that it lost. Lines that wait for a full disk are
    /// retried; those that wait for a pipe without a reader are lost.
    ///
    /// # Errors
    /// The output cannot be opened, or the thread cannot be spawned.
    pub fn start(
        mut open: impl FnMut() -> io::Result<LineOutput> + Send + 'static,
        failed: impl FnMut(&io::Error, u64) + Send + 'static,
    ) -> io::Result<Self> {
        let output = open()?;
        let (queue, receiver) = sync_channel(MAX_QUEUED_LINES);
        let sink = LineSink { queue, must_reopen: Arc::default() };
        let must_reopen = sink.must_reopen.clone();
        std::thread::Builder::new().name("lines".into()).spawn(move || {
            let mut lines = PendingLines { output, bytes: Vec::with_capacity(MAX_PENDING_BYTES), failed };
            lines.write_all(&receiver, || {
                must_reopen.swap(false, Ordering::AcqRel).then(&mut open).and_then(Result::ok)
            });
        })?;
        Ok(Self { sink })
    }

    pub fn sink(&self) -> LineSink {
        self.sink.clone()
    }
}

impl LineSink {
    /// Waits until all lines sent so far are written, at most 2 s.
    pub fn flush(&self) {
        flush(&self.queue, Message::Flush);
    }

    /// Sends a line, newline included. Returns `false` if the queue is full and the line is lost.
    pub fn write(&self, line: Vec<u8>) -> bool {
        self.queue.try_send(Message::Line(line)).is_ok()
    }

    /// Opens the output again, after the lines that are being written.
    pub fn reopen(&self) {
        self.must_reopen.store(true, Ordering::Release);
        // A full queue wakes the thread up as well.
        let _full = self.queue.try_send(Message::WakeUp);
    }
}

/// Whole lines, but for a first one that may be written in part.
struct PendingLines<F> {
    output: LineOutput,
    bytes: Vec<u8>,
    failed: F,
}

impl<F: FnMut(&io::Error, u64)> PendingLines<F> {
    /// `reopened` returns another output when one is wanted. Ends with the queue.
    fn write_all(&mut self, queue: &Receiver<Message>, mut reopened: impl FnMut() -> Option<LineOutput>) {
        loop {
            let first = match self.bytes.is_empty() {
                true => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                // Retry the pending lines.
                false => queue.recv_timeout(BATCH_INTERVAL),
            };
            match &first {
                Ok(Message::Line(_)) => std::thread::sleep(BATCH_INTERVAL),
                Ok(Message::Flush(_) | Message::WakeUp) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            for message in first.into_iter().chain(queue.try_iter()) {
                match message {
                    Message::Line(line) => self.push(&line),
                    Message::Flush(done) => {
                        self.flush();
                        let _gone = done.send(());
                    }
                    Message::WakeUp => self.reopen(&mut reopened),
                }
            }
            self.reopen(&mut reopened);
        }
    }

    /// After the lines before it are written.
    fn reopen(&mut self, reopened: &mut impl FnMut() -> Option<LineOutput>) {
        self.flush();
        if let Some(output) = reopened() {
            self.output = output;
            self.flush();
        }
    }

    fn push(&mut self, line: &[u8]) {
        if self.bytes.len() + line.len() > MAX_PENDING_BYTES {
            self.flush();
        }
        if self.bytes.len() + line.len() > MAX_PENDING_BYTES {
            (self.failed)(&io::Error::from(ErrorKind::OutOfMemory), 1);
        } else {
            self.bytes.extend_from_slice(line);
        }
    }

    /// Keeps what cannot be written for the next call, unless it never can.
    fn flush(&mut self) {
        let mut written = 0;
        let mut outcome = Ok(());
        while written < self.bytes.len() {
            match self.output.write(&self.bytes[written..]) {
                Ok(0) => outcome = Err(ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => outcome = Err(error),
            }
            if outcome.is_err() {
                break;
            }
        }
        self.bytes.drain(..written);
        let Err(error) = outcome.and_then(|()| self.output.flush()) else { return };
        let mut lost = 0;
        if error.kind() == ErrorKind::BrokenPipe {
            lost = self.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.bytes.clear();
        }
        (self.failed)(&error, lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

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

    fn opens(output: &Shared) -> impl FnMut() -> io::Result<LineOutput> + Send + 'static {
        let output = output.clone();
        move || Ok(Box::new(output.clone()))
    }

    /// Fails as long as `error` is set.
    #[derive(Clone, Default)]
    struct Failing {
        error: Arc<Mutex<Option<ErrorKind>>>,
        written: Shared,
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match *self.error.lock().unwrap() {
                Some(error) => Err(error.into()),
                None => self.written.write(bytes),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Writes 10 lines into an output that fails, then 10 into one that does not. Lines lost, lines written.
    fn lost_to(error: ErrorKind) -> (u64, usize) {
        let output = Failing::default();
        *output.error.lock().unwrap() = Some(error);
        let lost = Arc::new(Mutex::new(0));
        let (opened, counted) = (output.clone(), lost.clone());
        let failed = move |_: &io::Error, lines| *counted.lock().unwrap() += lines;
        let lines = LineWriter::start(move || Ok(Box::new(opened.clone())), failed).unwrap();
        for is_failing in [true, false] {
            if !is_failing {
                *output.error.lock().unwrap() = None;
            }
            assert!((0..10).all(|_| lines.sink().write(b"line\n".to_vec())));
            lines.sink().flush();
        }
        let written = output.written.0.lock().unwrap().len() / 5;
        (*lost.lock().unwrap(), written)
    }

    #[test]
    fn lines_that_wait_for_a_broken_pipe_are_counted_and_those_for_a_disk_are_written_later() {
        assert_eq!(lost_to(ErrorKind::BrokenPipe), (10, 10));
        assert_eq!(lost_to(ErrorKind::StorageFull), (0, 20));
    }

    #[test]
    fn lines_beyond_the_buffer_of_a_full_disk_are_counted() {
        let output = Failing::default();
        *output.error.lock().unwrap() = Some(ErrorKind::StorageFull);
        let lost = Arc::new(Mutex::new(0));
        let counted = lost.clone();
        let opened = output.clone();
        let failed = move |_: &io::Error, lines| *counted.lock().unwrap() += lines;
        let lines = LineWriter::start(move || Ok(Box::new(opened.clone())), failed).unwrap();
        let long = [&[b'x'; 1023][..], b"\n"].concat();
        assert!((0..100).all(|_| lines.sink().write(long.clone())));
        lines.sink().flush();
        assert_eq!(*lost.lock().unwrap(), 100 - MAX_PENDING_BYTES as u64 / 1024);
    }

    #[test]
    fn lines_after_a_reopening_go_to_the_new_output() {
        let outputs = [Shared::default(), Shared::default()];
        let mut next = outputs.clone().into_iter();
        let open = move || match next.next() {
            Some(output) => Ok(Box::new(output) as LineOutput),
            None => Err(ErrorKind::PermissionDenied.into()),
        };
        let lines = LineWriter::start(open, |error, _| panic!("{error}")).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            assert!(lines.sink().write(line.into()));
            lines.sink().flush();
            // The last one fails and keeps the previous output.
            lines.sink().reopen();
            lines.sink().flush();
        }
        let texts = outputs.map(|output| String::from_utf8(output.0.lock().unwrap().clone()).unwrap());
        assert_eq!(texts, ["one\n", "two\nthree\n"]);
    }

    #[test]
    fn lines_arrive_in_order_and_flush_waits_for_them() {
        let output = Shared::default();
        let lines = LineWriter::start(opens(&output), |error, _| panic!("{error}")).unwrap();
        for number in 0..100 {
            assert!(lines.sink().write(format!("{number}\n").into_bytes()));
        }
        lines.sink().flush();
        let written = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 100);
        assert!(written.starts_with("0\n1\n"));
    }

    #[test]
    fn a_blocked_reader_loses_lines_and_never_blocks_the_sender() {
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
        let lines = LineWriter::start(|| Ok(Box::new(Hangs)), |_, _| ()).unwrap();
        let dropped = (0..2 * MAX_QUEUED_LINES).filter(|_| !lines.sink().write(vec![b'x'; 1024])).count();
        assert!(dropped > 0);
    }
}
