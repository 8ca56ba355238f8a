#!/bin/sh
# watch.sh FOLDER CONTAINER COMMAND [ARGUMENT ...]
#
# Becomes COMMAND, so that its process id, its signals and its exit status are those of this script, and leaves a
# watcher behind that holds the reading end of a pipe (descriptor 3) from the program that asked for it. A pipe
# ends with its writer, however that one dies: no server outlives its parent, not even after kill -9.
#
# Words on the pipe: "gone" = COMMAND has ended and its id may belong to somebody else by now, do not signal it;
# "released" = everything was cleaned up, nothing is left to watch over.
# FOLDER (temporary data) is removed when the pipe ends; CONTAINER is removed instead of signalling COMMAND.
# Both may be empty.
folder=$1
container=$2
shift 2
(
  # A terminal that closes, or Ctrl-C in it, must not end the watcher before its work is done.
  trap '' HUP INT TERM
  gone=
  while read -r word; do
    case $word in
      gone) gone=yes ;;
      released) exit 0 ;;
    esac
  done
  if [ -n "$container" ]; then
    docker rm --force --volumes "$container"
  elif [ -z "$gone" ] && kill -TERM $$; then
    # A server that stands still hears the first signal only when it goes on.
    kill -CONT $$
    # 50 x 0.2 s for an orderly end.
    tries=50
    while [ $tries -gt 0 ] && kill -0 $$; do
      sleep 0.2
      tries=$((tries - 1))
    done
    kill -KILL $$
  fi
  if [ -n "$folder" ]; then rm -rf "$folder"; fi
) <&3 >/dev/null 2>&1 &
exec "$@" 3<&-
