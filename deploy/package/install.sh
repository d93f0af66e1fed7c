#!/bin/sh
# Installs Claviger from the folder of this script, over a previous version too, or removes it again.
#   ./install.sh --check                  checks the files, and that the program runs here
#   sudo ./install.sh                     installs below /usr/local
#   sudo ./install.sh --uninstall         removes what it has installed; settings, data and user stay
# Options: --prefix FOLDER instead of /usr/local; --root FOLDER instead of /, for an image of another system.
# An upgrade replaces a running service without losing a request. Settings that exist are not changed.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd -P)
prefix=/usr/local root='' action=install
usage() { sed -n 's/^# \{0,1\}//; 2,7p' "$0"; }
fail() { echo "install.sh: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --root)
            [ $# -gt 1 ] || fail "$1 needs a folder"
            case $2 in /*) ;; *) fail "$1 needs a folder that begins with /, not $2" ;; esac
            [ "$1" = --root ] && root=${2%/} || prefix=${2%/}
            shift
            ;;
        --check) action=check ;;
        --uninstall) action=uninstall ;;
        --help | -h) usage; exit ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
to=$root$prefix
list=$to/share/claviger/installed-files
# systemd of this machine, which is not that of another root.
has_systemd() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

check() {
    (cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) || fail 'files differ from SHA256SUMS; nothing was changed'
    version=$("$here/bin/claviger" --version 2>&1) || fail "the program does not run here; nothing was changed: $version"
}

# Written under another name and renamed, so that a running program is replaced as a whole.
put() {
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3.new"
    chmod "$1" "$3.new"
    mv "$3.new" "$3"
}

add_user() {
    getent passwd claviger > /dev/null && return
    if command -v systemd-sysusers > /dev/null; then
        systemd-sysusers "$to/lib/sysusers.d/claviger.conf"
    else
        useradd --system --home-dir /var/lib/claviger --no-create-home --shell /usr/sbin/nologin claviger
    fi
}

install_all() {
    check
    mkdir -p "$to" && [ -w "$to" ] || fail "cannot write to $to; call this with sudo"
    previous=$(cat "$list" 2> /dev/null || :)
    mkdir -p "$(dirname "$list")"
    (cd "$here" && find bin lib libexec share -type f | sort) > "$list.new"
    while read -r file; do
        mode=644
        [ ! -x "$here/$file" ] || mode=755
        put $mode "$here/$file" "$to/$file"
    done < "$list.new"
    for unit in claviger.service claviger.socket; do
        sed -i "s|/usr/local|$prefix|g" "$to/lib/systemd/system/$unit"
    done
    mv "$list.new" "$list"
    echo "$previous" | while read -r file; do
        [ -z "$file" ] || grep -qxF "$file" "$list" || rm -f "$to/$file"
    done

    [ -n "$root" ] || add_user
    if [ ! -e "$root/etc/claviger" ]; then
        mkdir -p "$root/etc"
        mkdir -m 750 "$root/etc/claviger"
        [ -n "$root" ] || chgrp claviger "$root/etc/claviger"
    fi
    for file in claviger.yaml credentials.yaml; do
        [ ! -e "$root/etc/claviger/$file" ] || continue
        put 640 "$here/etc/claviger/$file" "$root/etc/claviger/$file"
        sed -i "s|/usr/local|$prefix|g" "$root/etc/claviger/$file"
        [ -n "$root" ] || chgrp claviger "$root/etc/claviger/$file"
    done
    if has_systemd; then
        systemctl daemon-reload
        "$to/libexec/claviger/hand-over" || :
    fi
    echo "$("$to/bin/claviger" --version) is in $to/bin, its settings in $root/etc/claviger."
    if has_systemd && ! systemctl --quiet is-active claviger.service; then
        echo 'Start it: systemctl enable --now claviger.service'
    fi
}

uninstall() {
    [ -e "$list" ] || fail "nothing was installed below $to by this script"
    if has_systemd; then
        systemctl disable --now claviger.socket claviger.service 2> /dev/null || :
    fi
    while read -r file; do
        rm -f "$to/$file"
    done < "$list"
    rm -f "$list"
    # Folders of its own.
    rm -rf "$to/bin/.debug/claviger.debug" "$to/share/doc/claviger"
    rmdir --ignore-fail-on-non-empty "$to/libexec/claviger" "$to/share/claviger"
    has_systemd && systemctl daemon-reload
    echo "Removed from $to. These stay: $root/etc/claviger, $root/var/lib/claviger, $root/var/log/claviger and the user claviger."
}

case $action in
    check) check; echo "ok: $version" ;;
    install) install_all ;;
    uninstall) uninstall ;;
esac
