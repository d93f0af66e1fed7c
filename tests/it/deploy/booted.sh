#!/bin/bash
# What booted.rs runs as root under a systemd that was booted for it. Says what it sees, a line each.
property() { systemctl show --property "$1" --value claviger; }
answer() { curl --silent --output /dev/null --write-out '%{http_code}\n' http://127.0.0.1:8080/x; }
# Asks until something holds, for ten seconds.
until_it_is() {
    for _ in {1..100}; do
        eval "$1" && return
        sleep 0.1
    done
    echo "timed out waiting for: $1"
}
# What callers get meanwhile, each answer once.
meanwhile() {
    while [ ! -e /run/stop-callers ]; do answer; done | sort --unique > /run/answers &
    local callers=$!
    sleep 0.3
    "$@"
    sleep 0.3
    touch /run/stop-callers
    wait $callers
    rm /run/stop-callers
    tr '\n' ' ' < /run/answers
}
take_over() {
    local before=$(property MainPID)
    # Another file, as after an upgrade.
    cp --archive /opt/claviger/bin/claviger /opt/claviger/bin/new && mv /opt/claviger/bin/new /opt/claviger/bin/claviger
    /opt/claviger/libexec/claviger/hand-over
    until_it_is "[ ! -e /proc/$before ]"
}

systemctl --quiet link /opt/claviger/lib/systemd/system/claviger.service /opt/claviger/lib/systemd/system/claviger.socket
systemctl start claviger
echo "started: $(property ActiveState), $(property StatusText), $(answer)"
systemctl reload claviger
until_it_is 'property StatusText | grep --quiet reloaded'
echo "reloaded: $(property ActiveState), $(property StatusText)"
echo "taken over: $(meanwhile take_over)$(property ActiveState), $(property NRestarts) restarts, $(pgrep --count claviger) process"
for restarts in {1..6}; do
    systemctl kill --signal=KILL --kill-who=main claviger.service
    until_it_is "[ \$(property NRestarts) = $restarts ] && [ \$(property ActiveState) = active ]"
done
echo "killed six times: $(answer)"
systemctl stop claviger
echo "stopped: $(property ActiveState), $(property Result)"
systemctl start claviger.socket
echo "called before it runs: $(property ActiveState), $(answer), $(property ActiveState)"
echo "restarted: $(meanwhile systemctl restart claviger)$(property ActiveState)"
# It may be gone before it has answered.
systemctl poweroff 2> /dev/null
