//! Less than a core for a process, as containers have it: by the control groups of Linux, of the older kind or the newer one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// In which quotas are counted, in microseconds.
const PERIOD_US: u32 = 20_000;
const OLDER: &str = "/sys/fs/cgroup/cpu";
const NEWER: &str = "/sys/fs/cgroup";

/// A group that may use so much; it ends with the value, after its processes.
pub struct Quota(PathBuf);

impl Quota {
    /// Puts a process into a group of its own that may use that part of a core.
    pub fn of(pid: u32, part: f64) -> Result<Self> {
        let name = format!("pontic-bench-{pid}");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousand"
        )]
        let quota_us = (f64::from(PERIOD_US) * part) as u32;
        let is_older = Path::new(OLDER).join("cpu.cfs_quota_us").exists();
        let folder = Path::new(if is_older { OLDER } else { NEWER }).join(name);
        let unable = "control groups cannot be made here: run as root on Linux";
        fs::create_dir(&folder).context(unable)?;
        let quota = Self(folder);
        if is_older {
            quota.write("cpu.cfs_period_us", &PERIOD_US.to_string())?;
            quota.write("cpu.cfs_quota_us", &quota_us.to_string())?;
        } else {
            quota.write("cpu.max", &format!("{quota_us} {PERIOD_US}"))?;
        }
        quota.write("cgroup.procs", &pid.to_string())?;
        Ok(quota)
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.0.join(file);
        fs::write(&path, text).with_context(|| path.display().to_string())
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        // It is empty once its process has ended; one that is left is harmless.
        let _ = fs::remove_dir(&self.0);
    }
}
