#!/bin/bash
# What package_booted.rs runs as root in a fresh Debian that was booted for it. Reports what it sees, a line each.
export DEBIAN_FRONTEND=noninteractive
exec 3>&1
property() { systemctl show --property "$1" --value claviger.service; }
status() { curl --silent --output /dev/null --write-out '%{http_code}\n' "$@" http://127.0.0.1:8080/livez; }
answer() { status --header "Authorization: Bearer $token"; }
until_it_is() {
    for _ in {1..200}; do
        eval "$1" && return
        sleep 0.1
    done
    echo "timed out waiting for: $1" >&3
}
package() { dpkg "$@" > /root/dpkg 2>&1 || { echo "dpkg $* failed:" >&3; cat /root/dpkg >&3; }; }
# The statuses of what callers get meanwhile, each once.
meanwhile() {
    while [ ! -e /run/stop-callers ]; do answer; done | sort --unique > /run/answers &
    local callers=$!
    sleep 0.5
    "$@"
    sleep 0.5
    touch /run/stop-callers
    wait $callers
    rm /run/stop-callers
    tr '\n' ' ' < /run/answers
}
process() {
    until_it_is '[ "$(pgrep --count --exact claviger)" = 1 ]'
    [ "$(property MainPID)" = "$before" ] && echo 'the same one' || echo "another one, of $(program)"
}
program() { [ "$(readlink "/proc/$(property MainPID)/exe")" = /usr/bin/claviger ] && echo 'the new file' || echo 'the old file'; }
summary() { echo "$(property ActiveState), $(property NRestarts) restarts, $(pgrep --count --exact claviger) process, $(process)"; }
permissions() { stat --format '%a %U %G' "$@" | paste --serial --delimiters , | sed 's/,/, /g'; }

package --install /root/previous.deb
echo "installed: $(property ActiveState), $(systemctl is-enabled claviger.service), socket $(systemctl is-enabled claviger.socket)"
echo "permissions: $(permissions /etc/claviger /etc/claviger/claviger.yaml /etc/claviger/credentials.yaml)"
echo "nothing is admitted: $(status)"

# The API behind is the admin listener here.
{ read -r token; read -r digest; } < <(claviger token new 2> /dev/null | grep -E '^(clv_|sha256:)')
sed -i 's|upstream: .*|upstream: http://127.0.0.1:8081|' /etc/claviger/claviger.yaml
echo "credentials: [{id: first, account: me, token: \"$digest\"}]" > /etc/claviger/credentials.yaml
chmod 600 /etc/claviger/claviger.yaml
chmod g+r /etc/claviger/credentials.yaml
chown claviger /etc/claviger/claviger.yaml
systemctl reload claviger
until_it_is '[ "$(answer)" = 200 ]'
echo "with a credential: $(answer)"

before=$(property MainPID)
echo "upgraded: $(meanwhile package --install --force-confold /root/next.deb)$(summary)"
echo "settings of the operator: $(grep --quiet 8081$ /etc/claviger/claviger.yaml && grep --quiet "$digest" /etc/claviger/credentials.yaml && echo kept), $(permissions /etc/claviger/claviger.yaml)"
echo "asked about: $(sed -n "s/^Configuration file '\(.*\)'$/\1/p" /root/dpkg)"

before=$(property MainPID)
cp --archive /etc/claviger/claviger.yaml /root/good.yaml
echo 'unknown_setting: 1' >> /etc/claviger/claviger.yaml
echo "upgraded with settings that the new version refuses: $(meanwhile package --install /root/last.deb)$(property ActiveState), $([ "$(property MainPID)" = "$before" ] && echo 'the same process')"
echo "reported by dpkg: $(grep --only-matching 'the new version does not start' /root/dpkg)"
cp --archive /root/good.yaml /etc/claviger/claviger.yaml
echo "repaired and reinstalled: $(meanwhile package --install /root/last.deb)$(summary)"

systemctl stop claviger
package --install /root/last.deb
until_it_is '[ "$(answer)" = 200 ]'
echo "upgraded while stopped by the operator: $(answer) $(property ActiveState)"

systemctl stop claviger
systemctl enable --now claviger.socket 2> /dev/null
systemctl start claviger
before=$(property MainPID)
echo "upgraded with socket activation: $(meanwhile package --install /root/last.deb)$(summary)"

# In a container with control groups of version 1, systemd kills a successor at its stop, hence not the state.
package --remove claviger
echo "removed: socket $(systemctl is-active claviger.socket), callers get $(answer), $(pgrep --count --exact claviger) processes, $([ -e /usr/bin/claviger ] || echo no program), $([ -e /etc/claviger/claviger.yaml ] && echo settings kept)"
install -D --mode 644 /dev/null /usr/local/lib/systemd/system/claviger.service
package --purge claviger
echo "purged while another claviger.service exists: $([ -e /etc/claviger/credentials.yaml ] && echo credentials kept)"
rm /usr/local/lib/systemd/system/claviger.service
# dpkg has deleted it.
cp --archive /root/good.yaml /etc/claviger/claviger.yaml
package --install --force-confold /root/last.deb
until_it_is '[ "$(answer)" = 200 ]'
echo "installed again: $(answer) $(property ActiveState)"
package --install /root/last-dbgsym.deb
cp --archive /usr/lib/debug /root/debug
basename --suffix .debug "$(find /usr/lib/debug/.build-id -name '*.debug' -printf '%h%f\n' | sed 's|.*/.build-id/||')" > /root/build-id

package --purge claviger-dbgsym
touch /etc/claviger/tls.key
mount -t tmpfs tmpfs /var/lib/claviger
touch /var/lib/claviger/claviger.db
package --purge claviger
echo "purged where /var/lib/claviger is a mount point: $([ -e /etc/claviger ] || echo no settings), $([ -z "$(ls --almost-all /var/lib/claviger)" ] && echo no data), $([ -e /lib/systemd/system/claviger.service ] || echo no unit), $([ -e /run/claviger ] || echo no handover socket), $(getent passwd claviger > /dev/null && echo user kept)"
systemctl poweroff 2> /dev/null
