;;; thinking.el --- Saves a file that a model thinks about, and takes the proven fix  -*- lexical-binding: t -*-
;; Writes down everything that is shown of the file meanwhile. Run by test_emacs.py with --batch; an error is exit code
;; 255.

(load (expand-file-name "user" (file-name-directory load-file-name)) nil t)

(defun messages ()
  "Return what is shown of the file, without the server's name and the rule."
  (flymake-start)
  (mapcar (lambda (item) (replace-regexp-in-string "\\`ambient \\[[^]]*\\]: " "" (flymake-diagnostic-text item)))
          (flymake-diagnostics)))

(defvar shown-before nil)
(setq user-looks
      (lambda ()
        (let ((now (messages)))
          (unless (equal now shown-before)
            (setq shown-before now)
            (write-line :at (float-time) :messages (vconcat now))))))

(let ((scenario (json-parse-string (getenv "AMBIENT_SCENARIO"))))
  (open-file scenario)
  (type-and-save scenario)
  (let ((action (go-to-fix scenario)))
    (eglot-execute (eglot-current-server) action)
    (wait-for "the fix in the buffer" #'buffer-modified-p)
    (save-buffer)
    (wait-for "the model to take back all it said" (lambda () (null (messages))))
    (write-line :title (plist-get action :title))))
(eglot-shutdown (eglot-current-server))
;;; thinking.el ends here
