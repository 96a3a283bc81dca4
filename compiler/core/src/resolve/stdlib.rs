//! The standard library, which every compiler carries in itself.

/// A module of the standard library.
#[derive(Clone, Copy, Debug)]
pub struct StandardModule {
    /// The name that an import gives: `std.files`.
    pub name: &'static str,
    /// Where it is shown to be: `std/files.warmor`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! modules {
    ($($name:literal)*) => {
        /// All modules of the standard library, by name. A static: every crate that names a constant would carry the texts once more.
        pub static STANDARD_MODULES: &[StandardModule] = &[$(StandardModule {
            name: concat!("std.", $name),
            path: concat!("std/", $name, ".warmor"),
            text: include_str!(concat!("../../../../stdlib/", $name, ".warmor")),
        }),*];
    };
}

modules! {
    "base" "capabilities" "credentials" "files" "hardening" "interpreters" "net" "packages" "shells" "syscalls"
}

/// The module with that name.
pub(super) fn standard_module(name: &str) -> Option<&'static StandardModule> {
    STANDARD_MODULES.iter().find(|m| m.name == name)
}
