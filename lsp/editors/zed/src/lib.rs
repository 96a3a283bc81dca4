//! Starts the Warmor language server in Zed: the `warmor-lsp` of the search path.

use zed_extension_api as zed;

struct Warmor;

impl zed::Extension for Warmor {
    fn new() -> Self {
        Self
    }

    fn language_server_command(
        &mut self,
        _: &zed::LanguageServerId,
        worktree: &zed::Worktree,
    ) -> zed::Result<zed::Command> {
        let command = worktree.which("warmor-lsp").ok_or("there is no `warmor-lsp` on the search path")?;
        Ok(zed::Command { command, args: Vec::new(), env: worktree.shell_env() })
    }
}

zed::register_extension!(Warmor);
