;;; warmor-mode.el --- Policies for what workloads may do -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "26.3"))
;; Keywords: languages
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; A major mode for `.warmor' files.  With Eglot (part of Emacs 29, a package before) \\[eglot]
;; starts the language server `warmor-lsp':
;;
;;   (require 'warmor-mode)
;;   (add-hook 'warmor-mode-hook #'eglot-ensure)

;;; Code:

(require 'cl-lib)
(require 'project)

(defgroup warmor nil
  "Policies for what workloads may do."
  :group 'languages)

(defcustom warmor-server-command '("warmor-lsp")
  "The command of the language server, with its arguments."
  :type '(repeat string))

;; The words are those of the compiler's lexer, which a test checks.

(defconst warmor--definitions
  '("package" "import" "let" "subject" "predicate" "param" "template" "policy" "assume" "assert"
      "test" "detect"))

(defconst warmor--verdicts
  '("allow" "deny" "audit"))

(defconst warmor--keywords
  '("for" "any" "except" "mode" "default" "revalidate" "severity" "use" "without" "limit"
      "where" "then" "because" "until" "overrides" "to" "from" "on" "port" "host" "reported"
      "never" "always" "only" "can" "as" "expect" "target" "with" "by" "tags" "sequence" "count"
      "distinct" "within"))

(defconst warmor--operators
  '("and" "or" "not" "in" "matches" "contains" "starts_with" "ends_with" "has" "some"))

(defconst warmor--constants
  '("true" "false" "unknown"))

(defconst warmor--actions
  '("exec" "read" "write" "create" "delete" "rename" "link" "chmod" "chown" "mmap_exec"
      "connect" "send" "accept" "bind" "listen" "ptrace" "signal" "setuid" "unshare" "module"
      "bpf" "mount" "capability" "syscall" "file" "net" "process" "kernel" "privilege" "modify"))

(defvar warmor-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?_ "w" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?/ "." table)
    (modify-syntax-entry ?* "." table)
    table))

;; A `#' inside a path belongs to the path: a comment starts at the line's start or after white space.
(defconst warmor--syntax-propertize
  (syntax-propertize-rules
   ("\\(?:^\\|[ \t]\\)\\(#\\)" (1 "<"))
   ("\\(\n\\)" (1 ">"))))

(defun warmor--words (words)
  "A pattern for WORDS, which are reserved except after a dot."
  (concat "\\(?:^\\|[^.a-zA-Z0-9_/]\\)" "\\(" (regexp-opt words) "\\)\\_>"))

(defconst warmor--font-lock
  `(("\\(?:^\\|[[:space:]([{,]\\)\\(/\\(?:\\\\.\\|{[^}\n]*}\\|\\[[^]\n]*\\]\\|[^][:space:],)}]\\)*\\)"
     1 font-lock-string-face)
    ("\\_<\\([A-Za-z_][A-Za-z0-9_]*\\):[ \t]*\\(?:allow\\|deny\\|audit\\)\\_>" 1 font-lock-constant-face)
    (,(concat (regexp-opt '("policy" "detect" "subject") 'words) "[ \t]+\\([A-Za-z_][A-Za-z0-9_]*\\)")
     2 font-lock-type-face)
    (,(concat (regexp-opt '("predicate" "template") 'words) "[ \t]+\\([A-Za-z_][A-Za-z0-9_]*\\)")
     2 font-lock-function-name-face)
    (,(concat (regexp-opt '("let" "param") 'words) "[ \t]+\\([A-Za-z_][A-Za-z0-9_]*\\)")
     2 font-lock-variable-name-face)
    (,(warmor--words (append warmor--definitions warmor--verdicts warmor--keywords warmor--operators))
     1 font-lock-keyword-face)
    (,(warmor--words warmor--constants) 1 font-lock-constant-face)
    (,(warmor--words warmor--actions) 1 font-lock-builtin-face)
    ("@[A-Za-z_][A-Za-z0-9_]*" . font-lock-preprocessor-face)))

(defun warmor-indent-line ()
  "Indent by two columns for each bracket that is open."
  (interactive)
  (let* ((depth (save-excursion (back-to-indentation) (car (syntax-ppss))))
         (closes (save-excursion (back-to-indentation) (looking-at "[])}]")))
         (column (* 2 (max 0 (- depth (if closes 1 0))))))
    (if (<= (current-column) (current-indentation))
        (indent-line-to column)
      (save-excursion (indent-line-to column)))))

;;;###autoload
(define-derived-mode warmor-mode prog-mode "Warmor"
  "Major mode for policies."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local syntax-propertize-function warmor--syntax-propertize)
  (setq-local font-lock-defaults '(warmor--font-lock))
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'warmor-indent-line))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.warmor\\'" . warmor-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               (cons 'warmor-mode (lambda (&rest _) warmor-server-command))))

;; The project around a file is the nearest folder upwards with a `warmor.toml'.
(defun warmor--project (folder)
  "The project around FOLDER, for `project-find-functions'."
  (let ((root (locate-dominating-file folder "warmor.toml")))
    (and root (cons 'warmor (expand-file-name root)))))

(cl-defmethod project-root ((project (head warmor)))
  "The folder of PROJECT."
  (cdr project))

(add-hook 'project-find-functions #'warmor--project)

(provide 'warmor-mode)
;;; warmor-mode.el ends here
