//! The `process_*` metrics that Prometheus clients have in common, from proc(5). Empty where there is no `/proc`.

use std::fmt::Write as _;

/// Seconds since 1970.
pub(super) fn start_time() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec as f64
}

/// In the text format of Prometheus.
pub(super) fn render(started: f64) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, value: f64| {
        // Writing to a string cannot fail.
        let _never =
            writeln!(text, "# HELP process_{name} {help}\n# TYPE process_{name} {kind}\nprocess_{name} {value}");
    };
    let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    if let Some(usage) = Usage::parse(&read("stat")) {
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        let page = rustix::param::page_size() as f64;
        metric("cpu_seconds_total", "counter", "CPU time of the process.", usage.cpu_ticks as f64 / ticks);
        metric("threads", "gauge", "Threads of the process.", usage.threads as f64);
        metric("virtual_memory_bytes", "gauge", "Virtual memory of the process.", usage.virtual_bytes as f64);
        metric("resident_memory_bytes", "gauge", "Resident memory of the process.", usage.resident_pages as f64 * page);
        metric("start_time_seconds", "gauge", "Start of the process, in seconds since 1970.", started);
    }
    if let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") {
        // Without the one of this listing.
        let open = descriptors.count().saturating_sub(1);
        metric("open_fds", "gauge", "Open file descriptors.", open as f64);
    }
    let limits = read("limits");
    if let Some(limit) = soft_limit(&limits, "Max open files") {
        metric("max_fds", "gauge", "Limit on open file descriptors.", limit);
    }
    if let Some(limit) = soft_limit(&limits, "Max address space") {
        metric("virtual_memory_max_bytes", "gauge", "Limit on virtual memory.", limit);
    }
    text
}

struct Usage {
    cpu_ticks: u64,
    threads: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Usage {
    /// The name in the second field may hold spaces and brackets; the fields after it are counted from 3.
    fn parse(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

fn soft_limit(limits: &str, name: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    let soft = line.split_whitespace().next()?;
    // As the client libraries of Prometheus have it.
    if soft == "unlimited" { Some(u64::MAX as f64) } else { soft.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_behind_a_name_with_brackets() {
        let stat =
            "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 12 0 100 8192000 300 18446744073709551615 1";
        let usage = Usage::parse(stat).unwrap();
        assert_eq!((usage.cpu_ticks, usage.threads), (300, 12));
        assert_eq!((usage.virtual_bytes, usage.resident_pages), (8_192_000, 300));
        assert!(Usage::parse("7 (a) S 1").is_none() && Usage::parse("").is_none());
    }
}
