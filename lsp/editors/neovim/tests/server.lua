-- Runs inside Neovim without a window, with this plugin installed and the real server on the search path:
--
--     nvim --headless -c 'luafile server.lua'
--
-- What a user does, and what the user must then see. Says `N passed` and ends with 0, or says what failed and ends with 1.

local PATIENCE_MS = 20000

local folder = vim.fn.tempname()
vim.fn.mkdir(folder, "p")

local good = {
  "package good",
  "",
  "let secrets = [/etc/shadow]",
  "",
  "policy keep for any {",
  "  mode prevent",
  "  no_secrets: deny read secrets",
  "}",
}

local function wait(what, condition)
  assert(vim.wait(PATIENCE_MS, condition, 20), "waited in vain for " .. what)
end

local function open(name, lines)
  local path = folder .. "/" .. name
  vim.fn.writefile(lines, path)
  vim.cmd("edit " .. vim.fn.fnameescape(path))
  local buffer = vim.api.nvim_get_current_buf()
  local clients = vim.lsp.get_clients or vim.lsp.get_active_clients
  wait("the server", function()
    local client = clients()[1]
    return client and client.initialized and vim.lsp.buf_is_attached(buffer, client.id)
  end)
  return buffer
end

local function codes(buffer)
  return vim.tbl_map(function(diagnostic)
    local lsp = diagnostic.user_data and diagnostic.user_data.lsp or {}
    return diagnostic.code or lsp.code
  end, vim.diagnostic.get(buffer))
end

--- The answer of the server to a question about the place of a text.
local function ask(buffer, method, line, column)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = line, character = column },
  }
  for _, answer in pairs(vim.lsp.buf_request_sync(buffer, method, params, PATIENCE_MS) or {}) do
    assert(not answer.err, vim.inspect(answer.err))
    return answer.result
  end
  error("no server answered " .. method)
end

local cases = {
  { "a file has its type, and highlighting", function()
    local buffer = open("type.warmor", good)
    assert(vim.bo[buffer].filetype == "warmor", vim.bo[buffer].filetype)
    assert(vim.bo[buffer].commentstring == "# %s")
    local function group(line, column)
      return vim.fn.synIDattr(vim.fn.synID(line, column, 1), "name")
    end
    assert(group(5, 1) == "warmorDefinition", group(5, 1))
    assert(group(3, 16) == "warmorPath", group(3, 16))
  end },

  { "a mistake is shown, and goes when it is mended", function()
    local lines = vim.deepcopy(good)
    lines[7] = "  no_secrets: deny read secretz"
    local buffer = open("mistake.warmor", lines)
    wait("the finding", function()
      return vim.tbl_contains(codes(buffer), "E0101")
    end)
    for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
      if diagnostic.severity == vim.diagnostic.severity.ERROR then
        assert(diagnostic.lnum == 6 and diagnostic.col == 24, vim.inspect(diagnostic))
      end
    end
    vim.api.nvim_buf_set_lines(buffer, 6, 7, true, { good[7] })
    wait("no finding", function()
      return #vim.diagnostic.get(buffer) == 0
    end)
  end },

  { "hover", function()
    local buffer = open("hover.warmor", good)
    local hover = ask(buffer, "textDocument/hover", 6, 26)
    assert(hover and vim.inspect(hover.contents):find("/etc/shadow", 1, true), vim.inspect(hover))
  end },

  { "definition", function()
    local buffer = open("definition.warmor", good)
    local found = ask(buffer, "textDocument/definition", 6, 26)
    local location = found[1] or found
    assert((location.targetRange or location.range).start.line == 2, vim.inspect(found))
  end },

  { "a lens opens its page", function()
    local lines = vim.deepcopy(good)
    vim.list_extend(lines, { "", 'test "kept" {', "  as { process.exe: /usr/bin/cat }", "  expect deny read /etc/shadow", "}" })
    local buffer = open("lens.warmor", lines)
    local lens
    for _, found in ipairs(ask(buffer, "textDocument/codeLens", 0, 0)) do
      if vim.startswith(found.command.title, "run test") then
        lens = found
      end
    end
    assert(lens, "there is no lens above the test")
    local clients = vim.lsp.get_clients or vim.lsp.get_active_clients
    vim.lsp.commands[lens.command.command](lens.command, { client_id = clients()[1].id, bufnr = buffer })
    wait("the page", function()
      return vim.tbl_contains(vim.api.nvim_buf_get_lines(0, 0, -1, true), "  as expected")
    end)
  end },

  { "formatting", function()
    local lines = vim.deepcopy(good)
    lines[6] = "   mode     prevent"
    local buffer = open("format.warmor", lines)
    if vim.lsp.buf.format then
      vim.lsp.buf.format({ bufnr = buffer, timeout_ms = PATIENCE_MS })
    else
      vim.lsp.buf.formatting_sync(nil, PATIENCE_MS)
    end
    assert(vim.deep_equal(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), good))
  end },
}

local failed, passed = {}, 0
for _, case in ipairs(cases) do
  local done, message = xpcall(case[2], debug.traceback)
  if done then
    passed = passed + 1
  else
    table.insert(failed, "FAILED " .. case[1] .. ": " .. message)
  end
  vim.cmd("silent! %bwipeout!")
end
vim.fn.delete(folder, "rf")

local version = vim.version()
table.insert(failed, string.format("  %d passed, %d failed (Neovim %d.%d.%d)", passed, #failed, version.major, version.minor, version.patch))
io.stdout:write(table.concat(failed, "\n") .. "\n")
vim.cmd(#failed == 1 and "qall!" or "cquit 1")
