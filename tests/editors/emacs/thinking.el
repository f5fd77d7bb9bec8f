;;; thinking.el --- Saves a file that a model thinks about, and takes the proven fix  -*- lexical-binding: t -*-
;; Writes down everything that is shown of the file meanwhile. Run by test_emacs.py with --batch; an error is exit code
;; 255.

(require 'cl-lib)
(require 'eglot)
(require 'flymake)

(defvar scenario (json-parse-string (getenv "AMBIENT_SCENARIO")))
(defvar shown-before nil)

(defun write-line (&rest value)
  "Write VALUE, a plist, as a line of the report."
  (write-region (concat (json-serialize value) "\n") nil (getenv "AMBIENT_REPORT") t 'silent))

(defun messages ()
  "Return what is shown of the file, without the server's name and the rule."
  (flymake-start)
  (mapcar (lambda (item) (replace-regexp-in-string "\\`ambient \\[[^]]*\\]: " "" (flymake-diagnostic-text item)))
          (flymake-diagnostics)))

(defun wait-for (what look)
  "Call LOOK until it returns something, and return that; fail after 120 s, naming WHAT.
Write down every change of what is shown."
  (let ((end (+ (float-time) 120)) found)
    (while (not (setq found (funcall look)))
      (when (> (float-time) end)
        (error "timeout: %s; shown: %S" what shown-before))
      (accept-process-output nil 0.05)
      (let ((now (messages)))
        (unless (equal now shown-before)
          (setq shown-before now)
          (write-line :at (float-time) :messages (vconcat now)))))
    found))

(setq eglot-server-programs `((python-mode . (,(getenv "AMBIENT_PROGRAM") "server" "--stdio")))
      eglot-sync-connect 60
      eglot-connect-timeout 60
      eglot-confirm-server-edits nil
      make-backup-files nil
      create-lockfiles nil
      native-comp-jit-compilation nil
      python-indent-guess-indent-offset nil)

(defun fix ()
  "Return the code action with the proven fix."
  (cl-find-if (lambda (action)
                (let ((title (plist-get action :title)))
                  (and (string-prefix-p (gethash "action" scenario) title) (string-search "proven" title))))
              (apply #'eglot-code-actions (append (eglot--code-action-bounds) '("quickfix" nil)))))

(defun proven ()
  "Return the diagnostic with the proven fix."
  (cl-find-if (lambda (item)
                (let ((text (flymake-diagnostic-text item)))
                  (and (string-search (gethash "rule" scenario) text) (string-search "(fix proven)" text))))
              (flymake-diagnostics)))

(find-file (gethash "file" scenario))
(python-mode)
(apply #'eglot (eglot--guess-contact))
(cl-assert (eglot-managed-p))
(goto-char (point-max))
(insert (gethash "typed" scenario))
(save-buffer)
(goto-char (flymake-diagnostic-beg (wait-for "the proven fix" #'proven)))
(let ((action (wait-for "the code action" #'fix)))
  (eglot-execute (eglot-current-server) action)
  (wait-for "the fix in the buffer" #'buffer-modified-p)
  (save-buffer)
  (wait-for "the model to take back all it said" (lambda () (null (messages))))
  (write-line :title (plist-get action :title)))
(eglot-shutdown (eglot-current-server))
;;; thinking.el ends here
