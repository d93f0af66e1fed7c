# Supervises a PostgreSQL server for a test process: runs the commands of standard input and answers each
# with its exit code. When standard input ends, it stops the server and removes the folder.

server_binary=$1 folder=$2 server=
exec 2>> "$folder/log"
trap '' HUP INT TERM PIPE

start() {
	"$server_binary" -D "$folder/data" < /dev/null >> "$folder/log" 2>&1 &
	server=$! turns=400
	while kill -0 "$server" 2> /dev/null; do
		grep -qs '^ready' "$folder/data/postmaster.pid" && return
		turns=$((turns - 1))
		[ $turns -gt 0 ] || stop QUIT
		sleep 0.05
	done
	server=
	return 1
}

stop() {
	[ -n "$server" ] || return 0
	kill -"$1" "$server"
	left=400
	while kill -0 "$server" 2> /dev/null; do
		left=$((left - 1))
		[ $left -gt 0 ] || kill -KILL "$server"
		sleep 0.05
	done
	rm -f "$folder/data/postmaster.pid"
	server=
}

while read -r order; do
	case $order in
		start) start ;;
		*) stop "$order" ;;
	esac
	echo $?
done
stop QUIT
# Again, if another process was writing there.
rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
