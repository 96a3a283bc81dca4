//! Every verb, run as people run it: the real binary, real files, and what it prints with its exit code as a snapshot.

#![allow(clippy::format_push_string, reason = "short texts")]

mod artifact;
mod check;
mod dependencies;
mod diff;
mod eval;
mod explain;
mod fmt;
mod harness;
mod new;
mod program;
mod proof;
#[cfg(feature = "z3")]
mod prove;
mod queries;
mod sarif;
mod test;

/// A project with one of everything that verbs print: rules of each kind, a template, a posture, a test.
const SHOP: &str = r#"package shop

import std.shells.{command_shells}

subject web = process.exe in [/usr/sbin/nginx]
subject backup = process.exe in [/usr/bin/restic] and process.uid == 34

policy web_tier for web except backup {
  mode prevent
  default deny read
  severity high

  pages: allow read /var/www/**, /etc/nginx/**
  no_keys: deny read /etc/nginx/keys/** except [/etc/nginx/keys/public.pem] severity critical then kill, alert secops
           because "keys are for the loader alone"
  no_shell: deny exec command_shells
  logs: audit read /var/log/nginx/*
}

policy watch for any {
  deny connect tcp to 169.254.169.254 port 80
}

test "pages are served, keys are not" {
  as { process.exe: /usr/sbin/nginx, process.uid: 33 }
  expect allow read /var/www/index.html by pages
  expect deny read /etc/nginx/keys/site.key by no_keys
  expect deny read /etc/shadow
}

test "metadata is watched" {
  as { process.exe: /usr/bin/curl }
  expect allow connect tcp to 169.254.169.254 port 80
  expect reported deny connect tcp to 169.254.169.254 port 80
}
"#;

/// Its manifest.
const MANIFEST: &str = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\ntarget = \"linux-6.1\"\n";
