//! What a position costs: CPU to append it, bytes once its quarter, hour and day are closed, CPU to read it again.
//!
//! A made-up day of 200 vans, ten hours at one fix every 30 s: drives at town speeds with turns, stops of some minutes, noise of 5 m,
//! speed, heading, accuracy and battery with every fix. `cargo bench -p pontic-store --bench positions`.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    reason = "figures for people, one after the other"
)]

use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};
use pontic_core::time::Coordinates;
use pontic_store::positions::{DriverNo, Options, Positions, Received};

/// Vans, and fixes of each.
const VANS: usize = 200;
const FIXES: usize = 1_200;
/// Seconds between two fixes.
const STEP_S: i64 = 30;
/// 2025-01-13T07:00:00Z.
const START_S: i64 = 1_736_751_600;

/// Chance from a seed, between 0 and 1.
fn chance(seed: &mut u64) -> f64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    f64::from(u32::try_from(*seed >> 33).unwrap_or(0)) / f64::from(1_u32 << 31)
}

/// About normal, of deviation 1.
fn noise(seed: &mut u64) -> f64 {
    (0..6).map(|_| chance(seed)).sum::<f64>() * 1.414 - 4.243
}

/// A van on its way.
struct Van {
    seed: u64,
    north_m: f64,
    east_m: f64,
    heading_deg: f64,
    kmh: f64,
    battery: f64,
    /// Fixes that it still stands.
    stands: u32,
}

impl Van {
    fn next(&mut self, at: Timestamp) -> Fix {
        if self.stands > 0 {
            self.stands -= 1;
            self.kmh = 0.0;
        } else if chance(&mut self.seed) < 0.06 {
            // A clinic: some minutes.
            self.stands = 4 + (chance(&mut self.seed) * 16.0) as u32;
        } else {
            self.kmh = (self.kmh + noise(&mut self.seed) * 12.0).clamp(3.0, 60.0);
            if chance(&mut self.seed) < 0.3 {
                self.heading_deg += [90.0, -90.0][usize::from(chance(&mut self.seed) < 0.5)];
            }
            self.heading_deg = (self.heading_deg + noise(&mut self.seed) * 4.0).rem_euclid(360.0);
        }
        let metres = self.kmh / 3.6 * 30.0;
        self.north_m += metres * self.heading_deg.to_radians().cos();
        self.east_m += metres * self.heading_deg.to_radians().sin();
        self.battery = (self.battery - 0.02).max(5.0);
        let place = Coordinates {
            lat: 42.36 + (self.north_m + noise(&mut self.seed) * 5.0) / 111_195.0,
            lng: -71.06 + (self.east_m + noise(&mut self.seed) * 5.0) / 82_170.0,
        };
        let moves = self.kmh > 0.0;
        Fix::new(at, place)
            .with_speed(Some(self.kmh))
            .with_heading(moves.then_some(self.heading_deg))
            .with_accuracy(Some((4.0 + noise(&mut self.seed).abs() * 2.0).round()))
            .with_battery(Some(self.battery.round()))
    }
}

fn bytes_in(dir: &Path, letter: &str) -> u64 {
    let entries = std::fs::read_dir(dir).expect("a folder").flatten();
    let of_tier = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(letter));
    of_tier
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum()
}

fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kib.unwrap_or(0.0)
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let time = |seconds: i64| Timestamp::from_second(START_S + seconds).expect("in range");
    let log =
        Positions::open(dir.path(), time(0), Options::default(), Box::new(|_| {})).expect("opens");
    let lab = LabId::known("LAB001");
    let numbers: Vec<DriverNo> = (0..VANS)
        .map(|van| {
            log.number(&lab, &DriverId::known(format!("D{van}")))
                .expect("a number")
        })
        .collect();
    let mut vans: Vec<Van> = (0..VANS as u64)
        .map(|van| Van {
            seed: van + 1,
            north_m: 0.0,
            east_m: 0.0,
            heading_deg: 90.0 * (van % 4) as f64,
            kmh: 30.0,
            battery: 100.0,
            stands: 0,
        })
        .collect();
    let total = (VANS * FIXES) as f64;
    let (mut append_s, mut quarters, mut hours, mut close_s) = (0.0, 0_u64, 0_u64, 0.0);
    for step in 0..FIXES as i64 {
        let at = time(step * STEP_S);
        let fixes: Vec<Received> = vans
            .iter_mut()
            .zip(&numbers)
            .map(|(van, driver)| Received {
                driver: *driver,
                fix: van.next(at),
                received_at: at
                    + SignedDuration::from_millis(400 + (chance(&mut van.seed) * 1_500.0) as i64),
            })
            .collect();
        let since = Instant::now();
        for fix in &fixes {
            log.append(std::slice::from_ref(fix)).expect("taken");
        }
        append_s += since.elapsed().as_secs_f64();
        if (step + 1) % 30 == 0 {
            let since = Instant::now();
            let before = bytes_in(dir.path(), "q-");
            log.close_hours(time((step + 1) * STEP_S)).expect("closed");
            let after = bytes_in(dir.path(), "q-");
            quarters += after.saturating_sub(before);
            hours = bytes_in(dir.path(), "h-");
            close_s += since.elapsed().as_secs_f64();
        }
    }
    log.close_hours(time(86_400)).expect("closed");
    hours = hours.max(bytes_in(dir.path(), "h-"));
    log.close_days(time(86_400)).expect("closed");
    let days = bytes_in(dir.path(), "d-");
    let since = Instant::now();
    let mut read = 0;
    for driver in &numbers {
        read += log
            .read(*driver, Timestamp::MIN, Timestamp::MAX, None, usize::MAX)
            .expect("read")
            .len();
    }
    let read_s = since.elapsed().as_secs_f64();
    println!("{VANS} vans, {FIXES} fixes each; a line a figure");
    println!(
        "append          {:8.0} ns a fix, one by one, without the sync",
        append_s / total * 1e9
    );
    println!(
        "closing         {:8.0} ns a fix, quarters and hours together",
        close_s / total * 1e9
    );
    println!(
        "quarters        {:8.2} bytes a fix (those that were not merged at once)",
        quarters as f64 / total
    );
    println!(
        "hours           {:8.2} bytes a fix; at most 10",
        hours as f64 / total
    );
    println!(
        "the day         {:8.2} bytes a fix; at most 6",
        days as f64 / total
    );
    println!(
        "reading a day   {:8.0} ns a fix ({read} fixes)",
        read_s / total * 1e9
    );
    let before_kib = resident_kib();
    let many = 100_000_u32;
    for step in 0..30_i64 {
        let at = time(200_000 + step * STEP_S);
        let mut van = Van {
            seed: 7,
            north_m: step as f64 * 300.0,
            east_m: 0.0,
            heading_deg: 0.0,
            kmh: 36.0,
            battery: 80.0,
            stands: 0,
        };
        for driver in 0..many {
            let fix = van.next(at);
            van.north_m = step as f64 * 300.0;
            log.append(&[Received {
                driver: DriverNo(driver),
                fix,
                received_at: at,
            }])
            .expect("taken");
        }
        if step % 3 == 2 {
            // What waits for the disk is no memory of a driver.
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    println!(
        "memory          {:8.0} bytes a driver at the end of a quarter of 30 fixes",
        (resident_kib() - before_kib) * 1_024.0 / f64::from(many)
    );
}
