# Runs a command for as long as our standard input stays open. When it closes, because its other end
# was closed or because the process that had it died, the command gets a signal and is waited for.
#
#   sh -c <this> supervise <signal> <directory to remove at the end, or nothing> <command>...
#
# We outlive the signals a whole process group or service gets: the order of stopping is the owner's.
trap '' HUP INT TERM
signal=$1
remove=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
command=$!
{ read -r _ <&3; kill -s "$signal" "$command"; } 2>/dev/null &
guard=$!
exec 3<&-
wait "$command"
status=$?
kill -s KILL "$guard" 2>/dev/null
[ -z "$remove" ] || rm -rf -- "$remove"
exit "$status"
