;;; server.el --- Emacs and the language server -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Runs inside Emacs without a window, with Eglot and the real server on the search path:
;;
;;   emacs --batch -l warmor-mode.el -l tests/server.el -f ert-run-tests-batch-and-exit

;;; Code:

(require 'ert)
(require 'package)
;; Before Emacs 29, Eglot is a package.
(unless (require 'eglot nil t)
  (package-initialize)
  (require 'eglot))

(defconst warmor-tests--patience 20 "Seconds.")

(defconst warmor-tests--good "package good

let secrets = [/etc/shadow]

policy keep for any {
  mode prevent
  no_secrets: deny read secrets
}
")

(defmacro warmor-tests--with (text &rest body)
  "Run BODY in a file with TEXT that the server knows."
  (declare (indent 1))
  `(let* ((folder (make-temp-file "warmor-emacs-" t))
          (file (expand-file-name "file.warmor" folder))
          (eglot-autoshutdown t)
          (eglot-sync-connect warmor-tests--patience)
          (eglot-events-buffer-size 0))
     (unwind-protect
         (progn
           (with-temp-file file (insert ,text))
           (with-current-buffer (find-file-noselect file)
             (unwind-protect
                 (progn
                   (should (eq major-mode 'warmor-mode))
                   (apply #'eglot (eglot--guess-contact))
                   (should (eglot-current-server))
                   ,@body)
               (set-buffer-modified-p nil)
               (when (eglot-current-server) (eglot-shutdown (eglot-current-server)))
               (kill-buffer))))
       (delete-directory folder t))))

(defmacro warmor-tests--until (condition)
  "Wait until CONDITION holds."
  `(let ((end (+ (float-time) warmor-tests--patience)))
     (while (not (or ,condition (> (float-time) end)))
       (flymake-start)
       (accept-process-output nil 0.05))
     (should ,condition)))

(defun warmor-tests--mistakes ()
  "The texts of the diagnostics."
  (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))

(ert-deftest warmor-a-mistake-is-shown-and-goes-when-it-is-mended ()
  (warmor-tests--with (string-replace "read secrets" "read secretz" warmor-tests--good)
    (warmor-tests--until (seq-some (lambda (text) (string-match-p "secretz" text)) (warmor-tests--mistakes)))
    (goto-char (point-min))
    (search-forward "secretz")
    (replace-match "secrets")
    ;; Without a window Emacs is never idle, which is when Eglot would tell the server.
    (eglot--signal-textDocument/didChange)
    (warmor-tests--until (null (warmor-tests--mistakes)))))

(ert-deftest warmor-hover ()
  (warmor-tests--with warmor-tests--good
    (goto-char (point-max))
    (search-backward "secrets")
    (let ((hover (jsonrpc-request (eglot-current-server) :textDocument/hover
                                  (eglot--TextDocumentPositionParams))))
      (should (string-match-p "/etc/shadow" (format "%s" hover))))))

(ert-deftest warmor-definition ()
  (warmor-tests--with warmor-tests--good
    (goto-char (point-max))
    (search-backward "secrets")
    (let ((found (xref-backend-definitions 'eglot (xref-backend-identifier-at-point 'eglot))))
      (should (= 1 (length found)))
      (should (= 3 (xref-location-line (xref-item-location (car found))))))))

(ert-deftest warmor-formatting ()
  (warmor-tests--with (string-replace "  mode prevent" "    mode   prevent" warmor-tests--good)
    (eglot-format-buffer)
    (should (equal (buffer-string) warmor-tests--good))))

(ert-deftest warmor-highlighting ()
  (with-temp-buffer
    (insert "deny read /a#b # why\nprocess.exec")
    (warmor-mode)
    (font-lock-ensure)
    (cl-flet ((face (text)
                (goto-char (point-min))
                (search-forward text)
                (get-text-property (match-beginning 0) 'face)))
      (should (eq (face "deny") 'font-lock-keyword-face))
      (should (eq (face "read") 'font-lock-builtin-face))
      (should (eq (face "/a#b") 'font-lock-string-face))
      (should (eq (face "why") 'font-lock-comment-face))
      (should-not (face "exec")))))

(ert-deftest warmor-indentation ()
  (let ((text "policy p for any {\n  mode prevent\n  allow read [\n    /a,\n  ]\n}\n"))
    (with-temp-buffer
      (insert (replace-regexp-in-string "^ +" "" text))
      (warmor-mode)
      (let ((inhibit-message t)) (indent-region (point-min) (point-max)))
      (should (equal (buffer-string) text)))))

;;; server.el ends here
