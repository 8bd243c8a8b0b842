//! Builds the pages from `web/` and embeds them: npm brings what they are made of, Vite builds them, `compress.mjs` packs every file.
//!
//! Nothing is written into the source tree but `web/node_modules`; what is built lies in the target folder of whoever builds.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, io};

/// Folders of `web/` that the pages are made of, besides the files at its top.
const FOLDERS: [&str; 3] = ["src", "public", "scripts"];
/// Kinds of files at the top of `web/` that the pages are made of.
const TOP: [&str; 5] = ["html", "json", "ts", "js", "mjs"];
/// Oldest release of Node.js that Vite runs on.
const NODE: (u32, u32) = (20, 19);

/// What goes wrong, as a person reads it.
type Built<T> = Result<T, String>;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(says) => {
            for line in says.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Built<()> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let web = here.join("../../web");
    let web = web
        .canonicalize()
        .map_err(|error| format!("{}: {error}: the pages are made from it", web.display()))?;
    watch(&here, &web)?;
    require_node()?;
    install(&here, &web)?;
    let site = out.join("site");
    run(npm(&web)
        .args(["run", "build", "--", "--emptyOutDir", "--outDir"])
        .arg(&site))?;
    let list = run(Command::new("node")
        .arg(here.join("compress.mjs"))
        .arg(&site))?;
    let table = table(&site, &list)?;
    let path = out.join("site.rs");
    fs::write(&path, table).map_err(|error| failed(&path, &error))
}

fn variable(name: &str) -> Built<String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Names what the pages are made of: Cargo runs this again when some of it changes, and not otherwise.
fn watch(here: &Path, web: &Path) -> Built<()> {
    let own = ["build.rs", "compress.mjs"].map(|name| here.join(name));
    let folders = FOLDERS.map(|name| web.join(name));
    let entries = fs::read_dir(web).map_err(|error| failed(web, &error))?;
    let top = entries.filter_map(Result::ok).map(|entry| entry.path());
    let is_source = |path: &PathBuf| {
        let kind = path.extension().and_then(OsStr::to_str);
        path.is_file() && kind.is_some_and(|kind| TOP.contains(&kind))
    };
    let folders = folders.into_iter().filter(|folder| folder.exists());
    for path in own.into_iter().chain(folders).chain(top.filter(is_source)) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Ok(())
}

fn require_node() -> Built<()> {
    let (major, minor) = NODE;
    let advice = format!(
        "the pages are built with Node.js {major}.{minor} or newer and its npm: install them (https://nodejs.org, or your system's \
         packages nodejs and npm),\nor build without the pages: cargo build -p pontic-server --no-default-features"
    );
    let said = Command::new("node").arg("--version").output();
    let said = said.map_err(|_| format!("`node` cannot be run\n{advice}"))?;
    let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse);
    let found = (parts.next(), parts.next());
    if !matches!(found, (Some(Ok(a)), Some(Ok(b))) if (a, b) >= NODE) {
        return Err(format!("`node` is {version}\n{advice}"));
    }
    Command::new("npm")
        .arg("--version")
        .output()
        .map(drop)
        .map_err(|_| format!("`npm` cannot be run\n{advice}"))
}

fn npm(web: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(web);
    command
}

/// `npm ci`, where nobody did it since the lock file changed. Builds in other target folders wait for it.
fn install(here: &Path, web: &Path) -> Built<()> {
    let gate = here.join("build.rs");
    let gate = File::open(&gate)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| failed(&gate, &error))?;
    // npm writes this file last.
    let installed = changed(&web.join("node_modules/.package-lock.json"));
    let wanted = changed(&web.join("package-lock.json"));
    if wanted.is_none() {
        return Err(format!("{} has no package-lock.json", web.display()));
    }
    if installed < wanted {
        run(npm(web).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    }
    drop(gate);
    Ok(())
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// What the command printed; all that it said where it fails.
fn run(command: &mut Command) -> Built<String> {
    let said = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let printed = String::from_utf8_lossy(&said.stdout).into_owned();
    if said.status.success() {
        return Ok(printed);
    }
    let complained = String::from_utf8_lossy(&said.stderr);
    Err(format!(
        "{command:?}: {}\n{printed}{complained}",
        said.status
    ))
}

/// The table of files, as Rust, from the lines of `compress.mjs`.
fn table(site: &Path, list: &str) -> Built<String> {
    let mut table = String::from("&[\n");
    for line in list.lines() {
        let [path, size, digest, packing] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!(
                "compress.mjs printed what is no line of its list: {line}"
            ));
        };
        let form = |coding: &str, suffix: &str| {
            let file = format!("{}{suffix}", site.join(path).display());
            format!("(Coding::{coding}, include_bytes!({file:?}))")
        };
        let forms = if packing == "packed" {
            [form("Brotli", ".br"), form("Gzip", ".gz")].join(", ")
        } else {
            form("Identity", "")
        };
        let kind = media_type(path)?;
        let size = grouped(size);
        // A `String` takes everything.
        let _ = writeln!(
            table,
            "    File {{ path: {path:?}, media_type: {kind:?}, digest: {digest:?}, size: {size}, forms: &[{forms}] }},"
        );
    }
    table.push_str("]\n");
    Ok(table)
}

/// A number as Rust is written: `1_106_497`.
fn grouped(digits: &str) -> String {
    let mut number = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            number.push('_');
        }
        number.push(digit);
    }
    number
}

/// The content type by the name's end. An unknown one is a fault of the build, not of whoever asks for the file.
fn media_type(path: &str) -> Built<&'static str> {
    Ok(match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "mp3" => "audio/mpeg",
        _ => {
            return Err(format!(
                "{path}: crates/screens/build.rs knows no content type for it"
            ));
        }
    })
}
