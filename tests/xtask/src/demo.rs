//! `cargo xtask demo`: the main job, from a policy to a denied operation, told as it happens.
//!
//! On this machine's kernel a connection is denied, inside a control group that only this demo uses; nothing else on the machine
//! is touched. A file is denied in a guest, for that needs a kernel with `bpf` in its list of security modules.

use crate::{agent, guest, setup, shell};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Options of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out the guest.
    #[arg(long)]
    pub no_guest: bool,
}

const EXAMPLE: &str = "examples/hello-deny";
/// The program that the example's policy is about.
const VISITOR: &str = "/usr/bin/curl";
/// The port that the example's policy denies, and its neighbour.
const DENIED_PORT: u16 = 4444;
const ALLOWED_PORT: u16 = 4445;
/// The key that must have signed the artifact.
const PUBLIC_KEY: &str = "target/demo/warmor.pub";
/// Where the agent reports to.
const LOG: &str = "target/demo/audit.log";
const READY: Duration = Duration::from_secs(30);

const NEEDS: &[setup::Package] = &[setup::Package { provides: VISITOR, name: "curl" }];

/// Shows the main job.
pub fn run(args: &Args) -> Result<()> {
    title("Set-up");
    setup::packages(&[setup::COMPILER, setup::PROVER, NEEDS])?;
    println!("  building warmorc and warmord");
    setup::targets(&[agent::TARGET])?;
    shell::show(&mut shell::cargo(&["build", "--quiet", "-p", "warmorc"]))?;
    agent::build()?;
    let work = shell::root().join("target/demo");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;

    title("A policy");
    let policy = fs::read_to_string(shell::root().join(EXAMPLE).join("hello.warmor"))?;
    for line in
        policy.lines().skip_while(|l| !l.starts_with("subject")).take_while(|l| !l.starts_with("test"))
    {
        println!("    {line}");
    }

    title("Check it, test it");
    let artifact = "target/demo/hello.wasm";
    shown("warmorc", &["check", EXAMPLE])?;
    shown("warmorc", &["test", EXAMPLE])?;

    title("Compile it into one signed artifact");
    shown("warmorc", &["keygen", "-o", "target/demo"])?;
    shown("warmorc", &["compile", EXAMPLE, "-o", artifact, "--sign", "--key", "target/demo/warmor.key"])?;
    shown("warmorc", &["verify", artifact, "--key", PUBLIC_KEY])?;
    shown("warmorc", &["inspect", artifact])?;

    title("Enforce it in this kernel");
    enforce(artifact)?;

    if args.no_guest {
        return Ok(());
    }
    title("Enforce its file rule in a guest kernel");
    setup::packages(&[setup::GUEST])?;
    guest::run(&guest::Args { filter: Some("hello".into()), console: true })
}

fn title(text: &str) {
    println!("\n── {text}");
}

/// Runs one of our programs, and shows the command and what it says.
fn shown(program: &str, arguments: &[&str]) -> Result<()> {
    println!("  $ {program} {}", arguments.join(" "));
    let output = Command::new(shell::built().join("debug").join(program))
        .args(arguments)
        .current_dir(shell::root())
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    indent(&output);
    ensure!(output.status.success(), "{program} failed ({})", output.status);
    Ok(())
}

fn indent(output: &Output) {
    for stream in [&output.stdout, &output.stderr] {
        for line in String::from_utf8_lossy(stream).lines() {
            println!("    {line}");
        }
    }
}

/// A control group that only this demo uses.
struct Group(PathBuf);

impl Group {
    fn new() -> Result<Self> {
        let mounts = fs::read_to_string("/proc/mounts")?;
        let root = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .find(|fields| fields.get(2) == Some(&"cgroup2"))
            .and_then(|fields| fields.get(1).map(PathBuf::from))
            .context(
                "no cgroup2 file system is mounted here; `mount -t cgroup2 none /sys/fs/cgroup/unified`",
            )?;
        let path = root.join(format!("warmor-demo-{}", std::process::id()));
        shell::run(setup::privileged("mkdir").arg(&path))?;
        Ok(Self(path))
    }

    /// Runs a program in the group.
    fn run(&self, program: &[&str]) -> Result<Output> {
        println!("  $ {}", program.join(" "));
        let script = format!("echo $$ > '{}/cgroup.procs' && exec \"$@\"", self.0.display());
        let mut command = setup::privileged("sh");
        command.args(["-c", &script, "sh"]).args(program);
        command.stdin(Stdio::null()).output().context("cannot start sh")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel needs a moment to see that the group's last process is gone.
        for _ in 0..20 {
            if shell::run(setup::privileged("rmdir").arg(&self.0)).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        eprintln!("could not remove {}", self.0.display());
    }
}

/// The agent at work.
struct Agent {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Agent {
    /// Starts the agent and waits until it enforces; `None` when it refuses to.
    fn start(artifact: &str, group: &Group, options: &[&str]) -> Result<Option<Self>> {
        let group = group.0.display().to_string();
        let mut arguments = vec!["run", artifact, "--pubkey", PUBLIC_KEY, "--cgroup", &group];
        arguments.extend(["--audit-log", LOG, "--no-pin", "--no-state", "--no-socket"]);
        arguments.extend(options);
        println!("  # warmord {}", arguments.join(" "));
        let mut process = setup::privileged(&agent::program("warmord").to_string_lossy())
            .args(&arguments)
            .current_dir(shell::root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start warmord")?;
        let (send, lines) = mpsc::channel();
        let out = process.stdout.take().context("warmord has no output")?;
        let err = process.stderr.take().context("warmord has no error output")?;
        pass_on(out, send.clone());
        pass_on(err, send);
        let mut agent = Self { process, lines };
        while let Ok(line) = agent.lines.recv_timeout(READY) {
            println!("    {line}");
            if line.starts_with("ready") {
                return Ok(Some(agent));
            }
        }
        agent.end();
        Ok(None)
    }

    /// Stops the agent and shows its last words.
    fn stop(mut self) {
        self.end();
        for line in self.lines.iter().filter(|l| l.contains("reports:")) {
            println!("  {}", line.trim());
        }
    }

    fn end(&mut self) {
        if !matches!(self.process.try_wait(), Ok(None)) {
            return;
        }
        let _ = shell::run(setup::privileged("kill").arg(self.process.id().to_string()));
        let _ = self.process.wait();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.end();
    }
}

fn pass_on(from: impl Read + Send + 'static, to: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
}

/// Answers every connection with a line.
fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("port {port} of the example is in use on this machine"))?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
        }
    });
    Ok(())
}

fn enforce(artifact: &str) -> Result<()> {
    serve(DENIED_PORT)?;
    serve(ALLOWED_PORT)?;
    let group = Group::new()?;
    let url = |port: u16| format!("http://127.0.0.1:{port}/");
    let (denied, allowed) = (url(DENIED_PORT), url(ALLOWED_PORT));

    println!("  before: both ports answer");
    for address in [&denied, &allowed] {
        let output = group.run(&[VISITOR, "-sS", "-m", "5", address])?;
        indent(&output);
        ensure!(output.status.success(), "the demo's own server does not answer");
    }

    println!("  the agent, which enforces all of the policy or says what it cannot");
    let agent = match Agent::start(artifact, &group, &[])? {
        Some(agent) => agent,
        None => Agent::start(artifact, &group, &["--only-network"])?.context("warmord did not get ready")?,
    };

    println!("  the denied port:");
    let output = group.run(&[VISITOR, "-sS", "-m", "5", &denied])?;
    indent(&output);
    ensure!(!output.status.success(), "the connection that the policy denies took place");

    println!("  its neighbour, by the same program:");
    let output = group.run(&[VISITOR, "-sS", "-m", "5", &allowed])?;
    indent(&output);
    ensure!(output.status.success(), "a connection that nothing denies was stopped");

    println!("  the denied port, by a program that the policy is not about:");
    let output =
        group.run(&["bash", "-c", &format!("exec 3<>/dev/tcp/127.0.0.1/{DENIED_PORT} && echo connected")])?;
    indent(&output);
    ensure!(output.status.success(), "a program that no policy is about was stopped");
    agent.stop();

    println!("  what the audit log says of it:");
    let lines = fs::read_to_string(shell::root().join(LOG)).context("warmord left no audit log")?;
    let line =
        lines.lines().find(|l| l.contains("backdoor")).context("the denial is not in the audit log")?;
    println!("    {line}");
    Ok(())
}
