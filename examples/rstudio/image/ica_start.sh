#!/bin/bash
# The main process of the workspace. Bench starts it as 1000:100, and starts it again when it ends. Only /data and /tmp
# are writable. When the workspace stops, Bench sends TERM, and KILL 30 seconds later.
set -eu

# Bench passes requests on unchanged, under this path.
prefix="/${ICA_NAMESPACE}-n-${ICA_WORKSPACE}-i${ICA_WORKSPACE}"

stop() {
  kill -TERM $(jobs -p) 2>/dev/null || true
}
trap 'echo "TERM came"; stop' TERM

python3 /opt/app/app.py &

mkdir -p /tmp/nginx
sed "s|@PREFIX@|${prefix}|g" /etc/ica/nginx.conf > /tmp/nginx/nginx.conf
/usr/sbin/nginx -c /tmp/nginx/nginx.conf -e stderr &
echo "nginx serves ${prefix}/ on 8888, for the application on 8787"

# Both are needed: when either ends, or TERM arrives, stop both. Bench then starts the script again.
wait -n || true
stop
wait || true
