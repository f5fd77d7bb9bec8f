;;; fix.el --- Takes fixes as a user of Emacs and eglot would  -*- lexical-binding: t -*-
;; One after the other: open, type, save, wait for the finding, code action, save. Run by test_emacs.py with --batch; an
;; error is exit code 255.

(require 'cl-lib)
(require 'eglot)
(require 'flymake)

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

(defun finding (scenario)
  "Return the diagnostic of SCENARIO with a proven fix."
  (flymake-start)
  (cl-find-if (lambda (item)
                (let ((text (flymake-diagnostic-text item)))
                  (and (string-search (gethash "rule" scenario) text) (string-search "(fix proven)" text))))
              (flymake-diagnostics)))

(defun fix (scenario)
  "Return the code action that fixes SCENARIO."
  (cl-find-if (lambda (action)
                (let ((title (plist-get action :title)))
                  (and (string-prefix-p (gethash "action" scenario) title) (string-search "proven" title))))
              (apply #'eglot-code-actions (append (eglot--code-action-bounds) '("quickfix" nil)))))

(defun take-fix (scenario)
  "Take the fix of SCENARIO in its file, save, and return the fix's title."
  (find-file (gethash "file" scenario))
  (python-mode)
  (unless (eglot-managed-p)
    (apply #'eglot (eglot--guess-contact)))
  (cl-assert (eglot-managed-p))
  (goto-char (point-max))
  (insert (gethash "typed" scenario))
  (save-buffer)
  (let ((place (wait-for (format "the finding with a proven fix: %s" (gethash "name" scenario))
                         (lambda () (finding scenario)))))
    (goto-char (flymake-diagnostic-beg place)))
  (setq asked nil)
  (let* ((action (wait-for "the code action" (lambda () (fix scenario))))
         (target (gethash "target" scenario))
         (fixed (lambda ()
                  (let ((buffer (find-buffer-visiting target)))
                    (and buffer (buffer-modified-p buffer) buffer)))))
    (eglot-execute (eglot-current-server) action)
    (with-current-buffer (wait-for "the fix in a buffer" fixed)
      (save-buffer))
    (unless (eq (and asked t) (eq t (gethash "asks" scenario)))
      (error "asked: %S" asked))
    (with-current-buffer (find-buffer-visiting (gethash "file" scenario))
      (wait-for "no more fix to be offered" (lambda () (not (finding scenario)))))
    (plist-get action :title)))

(dolist (scenario (append (json-parse-string (getenv "AMBIENT_SCENARIOS")) nil))
  (let ((title (take-fix scenario)))
    (write-region (concat (json-serialize (list :name (gethash "name" scenario) :title title)) "\n")
                  nil (getenv "AMBIENT_REPORT") t 'silent)))
(eglot-shutdown (eglot-current-server))
;;; fix.el ends here
