//! What a run has cost the machine, from the Linux process table.

/// CPU seconds of the process so far, and its peak memory, MB. One thread's time is known to the nanosecond, that of several
/// to the hundredth of a second.
pub(crate) fn cost(threads: usize) -> (f64, f64) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = if threads == 1 {
        read("/proc/thread-self/schedstat").split(' ').next().and_then(|n| n.parse::<f64>().ok()).map(|ns| ns / 1e9)
    } else {
        let stat = read("/proc/self/stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: Vec<f64> = fields.skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
        Some(ticks.iter().sum::<f64>() / 100.0)
    };
    let status = read("/proc/self/status");
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    (cpu.unwrap_or(f64::NAN), peak.unwrap_or(f64::NAN) / 1024.0)
}
