;;; fix.el --- Takes fixes as a user of Emacs and eglot would  -*- lexical-binding: t -*-
;; One after the other: open, type, save, wait for the finding, code action, save. Run by test_emacs.py with --batch; an
;; error is exit code 255.

(load (expand-file-name "user" (file-name-directory load-file-name)) nil t)

;; The user agrees to every question, with the first answer offered: "Apply".
(defvar asked nil)
(setq completing-read-function
      (lambda (prompt collection &rest _)
        (push prompt asked)
        (car (all-completions "" collection))))
(advice-add 'y-or-n-p :override (lambda (prompt &rest _) (push prompt asked) t))
(setq use-short-answers t) ; `yes-or-no-p' asks with `y-or-n-p', which is Lisp and can be advised

(defun take-fix (scenario)
  "Take the fix of SCENARIO in its file, save, and return the fix's title."
  (open-file scenario)
  (type-and-save scenario)
  (setq asked nil)
  (let* ((action (go-to-fix scenario))
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
      (wait-for "no more fix to be offered" (lambda () (not (proven scenario)))))
    (plist-get action :title)))

(dolist (scenario (append (json-parse-string (getenv "AMBIENT_SCENARIOS")) nil))
  (write-line :name (gethash "name" scenario) :title (take-fix scenario)))
(eglot-shutdown (eglot-current-server))
;;; fix.el ends here
