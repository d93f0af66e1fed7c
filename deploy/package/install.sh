#!/bin/sh
# Installs Claviger from the folder of this script, over a previous version too, or removes it again.
#   ./install.sh --check                  checks the files, and that the program runs here
#   sudo ./install.sh                     installs below /usr/local
#   sudo ./install.sh --uninstall         removes what it has installed; settings, data and user stay
# Options: --prefix FOLDER instead of /usr/local; --root FOLDER instead of /, for an image of another system.
# An upgrade replaces a running service without losing a request. Settings that exist are not changed.
set -eu
unset CDPATH
umask 022
here=$(cd "$(dirname "$0")" && pwd -P)
prefix=/usr/local root='' action=install
usage() { sed -n 's/^# \{0,1\}//; 2,7p' "$0"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --root)
            [ $# -gt 1 ] || fail "$1 needs a folder"
            case $2 in /*) ;; *) fail "$1 needs a folder that begins with /, not $2" ;; esac
            [ "$1" = --root ] && root=${2%/} || prefix=${2%/}
            # The prefix stands in the units.
            case $prefix in
                '' | *//* | *[!A-Za-z0-9/._+-]*) fail "a prefix has letters, digits and . _ + - between single /, unlike $2" ;;
            esac
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
# False with --root: that system is not running.
has_systemd() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

unit_property() { systemctl show --property "$1" --value "$2"; }
is_own() { [ "$(unit_property FragmentPath "$1")" -ef "$to/lib/systemd/system/$1" ]; }
is_in_unit_path() { systemctl show --property UnitPath --value | tr ' ' '\n' | grep -qxF "$to/lib/systemd/system"; }

# An upgrade goes on where the operator has put a unit of their own in place of ours; hand-over checks what that runs.
check_unit() {
    [ "$(unit_property LoadState claviger.service)" != masked ] ||
        fail 'claviger.service is masked; nothing was changed. First: systemctl unmask claviger.service claviger.socket'
    other=$(unit_property FragmentPath claviger.service)
    [ -z "$other" ] || is_own claviger.service || [ -e "$list" ] ||
        fail "systemd has another claviger.service, $other; nothing was changed. Remove that installation first"
}

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

# systemd does not look for units below every prefix.
link_units() {
    systemctl --quiet link "$to/lib/systemd/system/claviger.service" "$to/lib/systemd/system/claviger.socket" ||
        printf 'install.sh: systemd does not use the units in %s\n' "$to/lib/systemd/system" >&2
}

install_all() {
    check
    [ -n "$root" ] || ! dpkg-query --search "$to/bin/claviger" > /dev/null 2>&1 ||
        fail "$to/bin/claviger belongs to the Debian package; nothing was changed. First: apt remove claviger"
    ! has_systemd || check_unit
    mkdir -p "$to" && [ -w "$to" ] || fail "cannot write to $to; call this with sudo"
    previous=$(cat "$list" 2> /dev/null || :)
    mkdir -p "$(dirname "$list")"
    (cd "$here" && find bin lib libexec share -type f | sort) > "$list.new"
    # Line tables are of one program only.
    cmp -s "$here/bin/claviger" "$to/bin/claviger" || rm -f "$to/bin/.debug/claviger.debug"
    while read -r file; do
        mode=644
        [ ! -x "$here/$file" ] || mode=755
        put $mode "$here/$file" "$to/$file"
    done < "$list.new"
    for unit in claviger.service claviger.socket; do
        sed -i "s|/usr/local|$prefix|g" "$to/lib/systemd/system/$unit"
    done
    mv "$list.new" "$list"
    printf '%s\n' "$previous" | while read -r file; do
        [ -z "$file" ] || grep -qxF "$file" "$list" || rm -f "$to/$file"
    done

    [ -n "$root" ] || add_user
    if [ ! -e "$root/etc/claviger" ]; then
        mkdir -p "$root/etc"
        mkdir "$root/etc/claviger"
        [ -n "$root" ] || chgrp claviger "$root/etc/claviger"
        # New files in the folder get its group.
        chmod 2750 "$root/etc/claviger"
    fi
    for file in claviger.yaml credentials.yaml; do
        [ ! -e "$root/etc/claviger/$file" ] || continue
        put 640 "$here/etc/claviger/$file" "$root/etc/claviger/$file"
        sed -i "s|/usr/local|$prefix|g" "$root/etc/claviger/$file"
        [ -n "$root" ] || chgrp claviger "$root/etc/claviger/$file"
    done
    if has_systemd; then
        systemctl daemon-reload
        is_in_unit_path || is_own claviger.service || link_units
        "$to/libexec/claviger/hand-over" "$to/bin/claviger" || :
    fi
    printf '%s is in %s, its settings in %s.\n' "$("$to/bin/claviger" --version)" "$to/bin" "$root/etc/claviger"
    if has_systemd && ! systemctl --quiet is-active claviger.service; then
        echo 'Start it: systemctl enable --now claviger.service'
    fi
    case $root:$prefix in
        :* | *:/usr | *:/usr/local) ;;
        *) printf 'In that system: systemctl link %s/lib/systemd/system/claviger.service\n' "$prefix" ;;
    esac
}

uninstall() {
    [ -e "$list" ] || fail "nothing was installed below $to by this script"
    if has_systemd; then
        # The socket first: a connection would start the service again. This also removes links to the units.
        for unit in claviger.socket claviger.service; do
            if is_own $unit; then
                systemctl stop $unit || :
                systemctl --quiet disable $unit || :
            elif [ -n "$(unit_property FragmentPath $unit)" ]; then
                printf 'install.sh: %s belongs to another installation, and was neither stopped nor disabled\n' $unit >&2
            fi
        done
    fi
    while read -r file; do
        rm -f "$to/$file"
    done < "$list"
    rm -f "$list"
    # Folders of its own.
    rm -rf "$to/bin/.debug/claviger.debug" "$to/share/doc/claviger"
    rmdir --ignore-fail-on-non-empty "$to/libexec/claviger" "$to/share/claviger"
    has_systemd && systemctl daemon-reload
    printf 'Removed from %s. These stay: %s, %s, %s and the user claviger.\n' "$to" "$root/etc/claviger" "$root/var/lib/claviger" \
        "$root/var/log/claviger"
}

case $action in
    check) check; printf 'ok: %s\n' "$version" ;;
    install) install_all ;;
    uninstall) uninstall ;;
esac
