;;; fix.el --- Takes a fix as a user of Emacs and eglot would  -*- lexical-binding: t -*-
;; Open, type, save, wait for the finding, code action, save. Run by test_emacs.py with --batch; an error is exit code 255.

(require 'cl-lib)
(require 'eglot)
(require 'flymake)

(defvar scenario (json-parse-string (getenv "AMBIENT_SCENARIO")))

(defun wait-for (what look)
  "Call LOOK until it returns something, and return that; fail after 120 s, naming WHAT."
  (let ((end (+ (float-time) 120)) found)
    (while (not (setq found (funcall look)))
      (when (> (float-time) end)
        (error "timeout: %s" what))
      (accept-process-output nil 0.1))
    found))

;; The user agrees to every question, with the first answer offered: "Apply".
(defvar asked nil)
(setq completing-read-function
      (lambda (prompt collection &rest _)
        (push prompt asked)
        (car (all-completions "" collection))))
(advice-add 'y-or-n-p :override (lambda (prompt &rest _) (push prompt asked) t))
(setq use-short-answers t) ; `yes-or-no-p' asks with `y-or-n-p', which is Lisp and can be advised

(setq eglot-server-programs `((python-mode . (,(getenv "AMBIENT_PROGRAM") "server" "--stdio")))
      eglot-sync-connect 60
      eglot-connect-timeout 60
      eglot-confirm-server-edits nil
      make-backup-files nil
      create-lockfiles nil
      native-comp-jit-compilation nil
      python-indent-guess-indent-offset nil)

(find-file (gethash "file" scenario))
(python-mode)
(apply #'eglot (eglot--guess-contact))
(cl-assert (eglot-managed-p))

(goto-char (point-max))
(insert (gethash "typed" scenario))
(save-buffer)

(defun finding ()
  "Return the diagnostic with a proven fix."
  (flymake-start)
  (cl-find-if (lambda (item)
                (let ((text (flymake-diagnostic-text item)))
                  (and (string-search (gethash "rule" scenario) text) (string-search "(fix proven)" text))))
              (flymake-diagnostics)))

(let ((place (wait-for "the finding with a proven fix" #'finding)))
  (goto-char (flymake-diagnostic-beg place)))

(defun fix ()
  "Return the code action that fixes it."
  (cl-find-if (lambda (action)
                (let ((title (plist-get action :title)))
                  (and (string-prefix-p (gethash "action" scenario) title) (string-search "proven" title))))
              (apply #'eglot-code-actions (append (eglot--code-action-bounds) '("quickfix" nil)))))

(let ((action (wait-for "the code action" #'fix))
      (before (buffer-chars-modified-tick)))
  (message "taking %s" (plist-get action :title))
  (eglot-execute (eglot-current-server) action)
  (wait-for "the fix in the buffer" (lambda () (> (buffer-chars-modified-tick) before))))
(unless (eq (and asked t) (eq t (gethash "asks" scenario)))
  (error "asked: %S" asked))
(save-buffer)
(eglot-shutdown (eglot-current-server))
;;; fix.el ends here
