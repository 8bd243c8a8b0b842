//! What the system tells of a process: its CPU time and its memory.

use std::fs;

use anyhow::{Context, Result};

/// Microseconds of one tick: Linux counts CPU time for `/proc` in hundredths of a second on every machine.
const TICK_US: f64 = 10_000.0;

/// User and system time of a process so far, all its threads together, in microseconds.
pub fn cpu_us(pid: u32) -> Result<f64> {
    let stat =
        fs::read_to_string(format!("/proc/{pid}/stat")).context("the CPU time of a process")?;
    ticks(&stat).context("the stat file of a process has another form than expected")
}

/// User and system time of the threads of this process with that name, in microseconds.
pub fn threads_cpu_us(name: &str) -> Result<f64> {
    named("/proc/self/task", name)
}

/// User and system time of all processes of that name that run, in microseconds.
pub fn named_cpu_us(name: &str) -> Result<f64> {
    named("/proc", name)
}

fn named(folder: &str, name: &str) -> Result<f64> {
    let mut sum = 0.0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?.path();
        // What ended meanwhile is not there any more, and not all that lies in `/proc` is a process.
        let (Ok(own), Ok(stat)) = (
            fs::read_to_string(entry.join("comm")),
            fs::read_to_string(entry.join("stat")),
        ) else {
            continue;
        };
        if own.trim() == name {
            sum += ticks(&stat).context("a stat file has another form than expected")?;
        }
    }
    Ok(sum)
}

fn ticks(stat: &str) -> Option<f64> {
    // The name stands in brackets and may hold anything; user and system time are fields 14 and 15.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) * TICK_US)
}

/// Resident memory of a process, in MiB.
pub fn resident_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1_024.0)
}

/// Processors, and how many processes wanted one over the last minute.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{cores} cores, load {load} at the beginning")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_whatever_the_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 9 0 100 1 1";
        assert_eq!(ticks(stat), Some(2_000_000.0));
        assert_eq!(ticks("7 (a"), None);
    }
}
