-- Options of a buffer with a policy, and its language server. Works with Neovim 0.7 and newer.
--
-- `vim.g.warmor_lsp` is the command of the server, `false` for none; the default is `{ "warmor-lsp" }`.
-- `vim.g.warmor_settings` is what the server is told, such as `{ prove = false }`.

vim.bo.commentstring = "# %s"
vim.bo.comments = ":##,:#"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.opt_local.formatoptions:append("ro")

local command = vim.g.warmor_lsp
if command == nil then
  command = { "warmor-lsp" }
end
if not command or vim.b.warmor_started then
  return
end
vim.b.warmor_started = true

if vim.fn.executable(command[1]) == 0 then
  vim.notify_once("warmor: there is no `" .. command[1] .. "`; see :help warmor", vim.log.levels.WARN)
  return
end

--- The project around a file: the nearest folder upwards with a `warmor.toml`, else the file's folder.
local function root(path)
  local folder = vim.fn.fnamemodify(path, ":p:h")
  local manifest = vim.fn.findfile("warmor.toml", vim.fn.escape(folder, " ,;*?[{\\") .. ";")
  return manifest == "" and folder or vim.fn.fnamemodify(manifest, ":p:h")
end

--- Runs a command of the server. A page comes with the answer where Neovim cannot be asked to open one (before 0.9).
local function run(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if not client then
    return
  end
  local params = { command = command.command, arguments = command.arguments }
  client.request("workspace/executeCommand", params, function(problem, answer)
    if problem then
      vim.notify("warmor: " .. problem.message, vim.log.levels.ERROR)
    elseif type(answer) == "table" and answer.text then
      vim.cmd("new")
      vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile = "nofile", "wipe", false
      vim.api.nvim_buf_set_lines(0, 0, -1, true, vim.split(answer.text, "\n", { plain = true }))
      vim.bo.modifiable = false
    end
  end, context.bufnr)
end

for _, name in ipairs({ "runTest", "showWitness", "whoCan", "showReach", "showTables", "showModule", "showChanges", "fetchDependencies" }) do
  vim.lsp.commands["warmor.server." .. name] = run
end

local buffer = vim.api.nvim_get_current_buf()
local config = {
  name = "warmor",
  cmd = command,
  root_dir = root(vim.api.nvim_buf_get_name(buffer)),
  init_options = vim.g.warmor_settings or vim.empty_dict(),
  capabilities = vim.lsp.protocol.make_client_capabilities(),
}

if vim.lsp.start then
  vim.lsp.start(config, { bufnr = buffer })
else
  -- Before 0.8 there is nothing that finds a client again: one for each root.
  _G.warmor_clients = _G.warmor_clients or {}
  local id = _G.warmor_clients[config.root_dir]
  if not id or vim.lsp.client_is_stopped(id) then
    id = vim.lsp.start_client(config)
    _G.warmor_clients[config.root_dir] = id
  end
  vim.lsp.buf_attach_client(buffer, id)
  vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  vim.bo[buffer].formatexpr = "v:lua.vim.lsp.formatexpr()"
end
