;;; user.el --- A user of Emacs and eglot, as the tests beside this file play one  -*- lexical-binding: t -*-

(require 'cl-lib)
(require 'eglot)
(require 'flymake)

(setq eglot-server-programs `((python-mode . (,(getenv "AMBIENT_PROGRAM") "server" "--stdio")))
      eglot-sync-connect 60
      eglot-connect-timeout 60
      eglot-confirm-server-edits nil
      make-backup-files nil
      create-lockfiles nil
      native-comp-jit-compilation nil
      python-indent-guess-indent-offset nil)

(defvar user-looks #'ignore
  "Called again and again while the user waits.")

(defun write-line (&rest value)
  "Write VALUE, a plist, as a line of the report."
  (write-region (concat (json-serialize value) "\n") nil (getenv "AMBIENT_REPORT") t 'silent))

(defun wait-for (what look)
  "Call LOOK until it returns something, and return that; fail after 120 s, naming WHAT."
  (let ((end (+ (float-time) 120)) found)
    (while (not (setq found (funcall look)))
      (when (> (float-time) end)
        (error "timeout: %s; shown: %S" what (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))
      (accept-process-output nil 0.05)
      (funcall user-looks))
    found))

(defun open-file (scenario)
  "Open the file of SCENARIO, with a server for it."
  (find-file (gethash "file" scenario))
  (python-mode)
  (unless (eglot-managed-p)
    (apply #'eglot (eglot--guess-contact)))
  (cl-assert (eglot-managed-p)))

(defun type-and-save (scenario)
  "Add what SCENARIO types to the end of the file, and save it."
  (goto-char (point-max))
  (insert (gethash "typed" scenario))
  (save-buffer))

(defun proven (scenario)
  "Return the diagnostic of SCENARIO with a proven fix."
  (flymake-start)
  (cl-find-if (lambda (item)
                (let ((text (flymake-diagnostic-text item)))
                  (and (string-search (gethash "rule" scenario) text) (string-search "(fix proven)" text))))
              (flymake-diagnostics)))

(defun fix (scenario)
  "Return the code action at point that fixes SCENARIO."
  (cl-find-if (lambda (action)
                (let ((title (plist-get action :title)))
                  (and (string-prefix-p (gethash "action" scenario) title) (string-search "proven" title))))
              (apply #'eglot-code-actions (append (eglot--code-action-bounds) '("quickfix" nil)))))

(defun go-to-fix (scenario)
  "Wait for a proven fix of SCENARIO, go to its finding, and return its code action."
  (goto-char (flymake-diagnostic-beg (wait-for (format "the finding with a proven fix: %s" (gethash "name" scenario))
                                               (lambda () (proven scenario)))))
  (wait-for "the code action" (lambda () (fix scenario))))

(provide 'user)
;;; user.el ends here
